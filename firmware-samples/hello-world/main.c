/*
 * Says hello and ends with status 0.
 */
#include "board.h"
#include "print.h"

int main(void)
{
    board_init();
    print("hello from ");
    print(board_name());
    print("\n");
    board_exit(0);
}
