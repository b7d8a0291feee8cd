/*
 * A device under test of the MLPerf Tiny benchmark on the NUCLEO-L4R5ZI: a network (network.h)
 * behind the benchmark's text protocol.
 *
 * Commands end with '%': name, profile, db load N, db HEX, infer N W, timestamp. Each reply ends
 * with m-ready. Time stamps come from TIM5 at 1 MHz; with DUT_ENERGY a pulse on PC7 takes their
 * place, as the benchmark's energy mode wants it. The receiver is polled between commands only, so
 * the host must wait for m-ready, as the protocol says.
 *
 * Sources: protocol: mlcommons/tiny, benchmark/api/internally_implemented.cpp; registers: RM0432.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "cortex_m.h"
#include "network.h"
#include "print.h"

#define COMMAND_BYTES 80

#define LPUART1_ISR  REG32(0x4000801Cu)
#define LPUART1_RDR  REG32(0x40008024u)
#define LPUART_RXNE  (1u << 5)
#define RCC_APB1ENR1 REG32(0x40021058u)
#define TIM5EN       (1u << 3)
#define TIM5_CR1     REG32(0x40000C00u)
#define TIM5_EGR     REG32(0x40000C14u)
#define TIM5_CNT     REG32(0x40000C24u)
#define TIM5_PSC     REG32(0x40000C28u)
#define TIM_CR1_CEN  1u
#define TIM_EGR_UG   1u
#define PULSE_TURNS  100

static const struct network *network;
static uint32_t loaded;

static void timer_start(void)
{
    RCC_APB1ENR1 |= TIM5EN;
    (void)RCC_APB1ENR1;
    TIM5_PSC = board_core_hz() / 1000000u - 1u;
    TIM5_EGR = TIM_EGR_UG;
    TIM5_CR1 = TIM_CR1_CEN;
}

static void timestamp(void)
{
#ifdef DUT_ENERGY
    board_led(0);
    for (volatile int i = 0; i < PULSE_TURNS; i++) {
    }
    board_led(1);
#else
    const uint32_t now = TIM5_CNT;
    print("m-lap-us-");
    print_u32(now);
    print("\r\n");
    board_console_flush();
#endif
}

/* A probability of n / 256 with three digits. */
static void print_probability(int8_t value)
{
    const uint32_t thousandths = (uint32_t)(value + 128) * 1000u / 256u;
    print("0.");
    print_u32(thousandths / 100u);
    print_u32(thousandths / 10u % 10u);
    print_u32(thousandths % 10u);
}

static void infer(uint32_t iterations, uint32_t warmup)
{
    print("m-warmup-start-");
    print_u32(warmup);
    print("\r\n");
    for (uint32_t i = 0; i < warmup; i++) {
        network_infer();
    }
    print("m-warmup-done\r\nm-infer-start-");
    print_u32(iterations);
    print("\r\n");
    board_console_flush();
    timestamp();
    for (uint32_t i = 0; i < iterations; i++) {
        network_infer();
    }
    timestamp();
    print("m-infer-done\r\nm-results-[");
    for (uint32_t i = 0; i < network->output_count; i++) {
        print(i > 0 ? "," : "");
        print_probability(network->output[i]);
    }
    print("]\r\n");
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void take_data(const char *hex)
{
    for (; digit(hex[0]) >= 0 && digit(hex[1]) >= 0; hex += 2) {
        if (loaded == network->input_bytes) {
            print("e-[More data than the input has]\r\n");
            return;
        }
        network->input[loaded++] = (int8_t)(digit(hex[0]) * 16 + digit(hex[1]));
    }
    if (loaded == network->input_bytes) {
        print("m-load-done\r\n");
    }
}

static void expect_data(uint32_t bytes)
{
    loaded = 0;
    if (bytes != network->input_bytes) {
        print("e-[The input has another size]\r\n");
        return;
    }
    print("m-[Expecting ");
    print_u32(bytes);
    print(" bytes]\r\n");
}

static void obey(char *command)
{
    if (strcmp(command, "name") == 0) {
        print("m-name-dut-[mote]\r\n");
    } else if (strcmp(command, "profile") == 0) {
        print("m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[");
        print(network->name);
        print("]\r\n");
    } else if (strncmp(command, "db load ", 8) == 0) {
        expect_data((uint32_t)strtoul(command + 8, NULL, 10));
    } else if (strncmp(command, "db ", 3) == 0) {
        take_data(command + 3);
    } else if (strncmp(command, "infer ", 6) == 0) {
        char *rest;
        const uint32_t iterations = (uint32_t)strtoul(command + 6, &rest, 10);
        infer(iterations, (uint32_t)strtoul(rest, NULL, 10));
    } else if (strcmp(command, "timestamp") == 0) {
        timestamp();
    } else {
        print("e-[Unknown command]\r\n");
    }
    print("m-ready\r\n");
    board_console_flush();
}

int main(void)
{
    static char command[COMMAND_BYTES];
    uint32_t length = 0;
    board_init();
#ifdef DUT_ENERGY
    board_led(1);
#endif
    network = network_open();
    if (network == NULL) {
        print("e-[The network does not fit this build]\r\n");
        board_exit(2);
    }
    timer_start();
    print("m-timestamp-mode-performance\r\n");
    timestamp();
    print("m-init-done\r\nm-ready\r\n");
    board_console_flush();
    for (;;) {
        if ((LPUART1_ISR & LPUART_RXNE) == 0) {
            continue;
        }
        const char byte = (char)LPUART1_RDR;
        if (byte == '%') {
            command[length] = '\0';
            length = 0;
            obey(command);
        } else if (length + 1u < sizeof command) {
            command[length++] = byte;
        }
    }
}
