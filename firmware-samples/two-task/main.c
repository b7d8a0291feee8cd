/*
 * Two preemptive tasks, both with floating point, under SysTick, PendSV and SVC; checks itself.
 *
 * The 1 kHz tick pends PendSV every QUANTUM ticks, which switches tasks: callee-saved core
 * registers and, when the task was using the FPU, S16..S31 go to the task's own stack (S0..S15 are
 * the hardware's business: lazy stacking). Tasks run privileged on PSP and sleep by SVC.
 *
 * Each task computes a chain of floating-point steps with values held in registers across
 * preemptions and compares with the same chain computed once at start with interrupts off; a
 * register that leaks from one task into the other shows at once. After each burst of work a task
 * sleeps, and with both asleep the core waits in WFI. Every minute the sample reports; after
 * MINUTES minutes it says PASS and ends.
 */
#include "board.h"
#include "cortex_m.h"
#include "handlers.h"
#include "print.h"

#ifndef MINUTES
#define MINUTES 10
#endif

#define TICK_HZ     1000u
#define QUANTUM     1u
#define STACK_WORDS 512u
#define TASKS       2u
#define BURST_STEPS 400u
#define CHAIN_STEPS 8000u
#define NAP_TICKS   47u
#define SEED(index) (0.21f + 0.23f * (float)(index))

/* EXC_RETURN: thread mode, PSP, and bit 4 says "no floating-point frame". */
#define EXC_RETURN_THREAD_PSP 0xFFFFFFFDu
#define XPSR_THUMB            0x01000000u

struct task {
    uint32_t *sp;
    volatile uint32_t wake_at;
    volatile uint32_t bursts;
    volatile uint32_t wrong;
    uint32_t stack[STACK_WORDS] __attribute__((aligned(8)));
};

static struct task tasks[TASKS];
/* What PendSV_Handler switches: NULL current until the first switch. */
struct task *volatile current_task;
static volatile uint32_t now;
static volatile uint32_t switches;
static volatile uint32_t preemptions;
static volatile uint32_t yields;
static float expected[TASKS][2];

/* Two logistic maps and two followers: bounded, and a disturbance anywhere never dies out. */
__attribute__((noinline)) static void chain(float seed, uint32_t steps, float result[2])
{
    float a = seed;
    float b = 1.0f - 0.7f * seed;
    float c = 0.5f * seed;
    float d = 0.25f;
    for (uint32_t i = 0; i < steps; i++) {
        a = 3.7f * a * (1.0f - a);
        b = 3.8f * b * (1.0f - b);
        c = 0.5f * (c + a * b);
        d = (d + a) / (1.5f + d * d + b);
    }
    result[0] = a + b;
    result[1] = c + d;
}

static void request_switch(void)
{
    ICSR = ICSR_PENDSVSET;
}

void SysTick_Handler(void)
{
    now++;
    if (now % QUANTUM == 0) {
        request_switch();
    }
}

/* SVC 0, argument in r0: sleep for that many ticks. The frame is on PSP. */
__attribute__((used)) static void svc(uint32_t *frame)
{
    current_task->wake_at = now + frame[0];
    yields++;
    request_switch();
}

__attribute__((naked)) void SVC_Handler(void)
{
    __asm__ volatile("mrs r0, psp\n\tb svc");
}

static int asleep(const struct task *t)
{
    return (int32_t)(t->wake_at - now) > 0;
}

/* The other task if it can run, else this one; with both asleep the handler waits for the tick. */
__attribute__((used)) static uint32_t *switch_from(uint32_t *sp)
{
    current_task->sp = sp;
    for (;;) {
        struct task *other = current_task == &tasks[0] ? &tasks[1] : &tasks[0];
        if (!asleep(other)) {
            switches++;
            preemptions += !asleep(current_task);
            current_task = other;
            break;
        }
        if (!asleep(current_task)) {
            break;
        }
        /* SysTick has the higher priority: it preempts this handler and moves the clock. */
        wait_for_interrupt();
    }
    return current_task->sp;
}

__attribute__((naked)) void PendSV_Handler(void)
{
    __asm__ volatile("mrs r0, psp\n\t"
                     "tst lr, #0x10\n\t"
                     "it eq\n\t"
                     "vstmdbeq r0!, {s16-s31}\n\t"
                     "stmdb r0!, {r4-r11, lr}\n\t"
                     "bl switch_from\n\t"
                     "ldmia r0!, {r4-r11, lr}\n\t"
                     "tst lr, #0x10\n\t"
                     "it eq\n\t"
                     "vldmiaeq r0!, {s16-s31}\n\t"
                     "msr psp, r0\n\t"
                     "bx lr");
}

static void nap(uint32_t ticks)
{
    register uint32_t r0 __asm__("r0") = ticks;
    __asm__ volatile("svc 0" : "+r"(r0) : : "memory");
}

static void report(uint32_t minute)
{
    print("minute ");
    print_u32(minute);
    print(": bursts ");
    print_u32(tasks[0].bursts);
    print(" ");
    print_u32(tasks[1].bursts);
    print(", preemptions ");
    print_u32(preemptions);
    print(", wrong ");
    print_u32(tasks[0].wrong + tasks[1].wrong);
    print("\n");
}

static void work(struct task *self, uint32_t index)
{
    float got[2];
    chain(SEED(index), index == 0 ? BURST_STEPS : CHAIN_STEPS, got);
    self->wrong += got[0] != expected[index][0] || got[1] != expected[index][1];
    self->bursts++;
}

/* Short bursts, and the reports. */
static void task_short(void)
{
    uint32_t minute = 0;
    for (;;) {
        work(&tasks[0], 0);
        nap(NAP_TICKS);
        if (now / (60u * TICK_HZ) > minute) {
            minute++;
            report(minute);
        }
        if (minute == MINUTES) {
            const int good = tasks[0].wrong + tasks[1].wrong == 0 &&
                             tasks[0].bursts > MINUTES * 100u && tasks[1].bursts > MINUTES * 100u &&
                             switches > MINUTES * 100u && yields > MINUTES * 100u &&
                             preemptions > MINUTES * 5u;
            print(good ? "PASS\n" : "FAIL\n");
            board_exit(good ? 0 : 1);
        }
    }
}

/* Bursts longer than a quantum: this task is preempted in the middle of its chain. */
static void task_long(void)
{
    for (;;) {
        work(&tasks[1], 1);
        nap(5 * NAP_TICKS);
    }
}

/* A frame as if the task had been interrupted at its first instruction, without FPU state. */
static void task_init(struct task *t, void (*entry)(void))
{
    uint32_t *sp = t->stack + STACK_WORDS;
    *--sp = XPSR_THUMB;
    *--sp = (uint32_t)(uintptr_t)entry & ~1u;
    for (int i = 0; i < 6; i++) {
        *--sp = 0;
    }
    *--sp = EXC_RETURN_THREAD_PSP;
    for (int i = 0; i < 8; i++) {
        *--sp = 0;
    }
    t->sp = sp;
}

/* Enters the first task: from here on main's stack serves handlers only. */
__attribute__((naked, noreturn)) static void
start_first(__attribute__((unused)) uint32_t *stack_top,
            __attribute__((unused)) void (*entry)(void))
{
    __asm__ volatile("msr psp, r0\n\t"
                     "mov r2, #2\n\t"
                     "msr control, r2\n\t"
                     "isb\n\t"
                     "cpsie i\n\t"
                     "bx r1");
}

int main(void)
{
    board_init();
    chain(SEED(0), BURST_STEPS, expected[0]);
    chain(SEED(1), CHAIN_STEPS, expected[1]);
    task_init(&tasks[0], task_short);
    task_init(&tasks[1], task_long);
    current_task = &tasks[0];
    /* PendSV lowest, SVC above it, SysTick above both. */
    SHPR[10] = 0xFF;
    SHPR[7] = 0xC0;
    SHPR[11] = 0x80;
    print("two tasks for ");
    print_u32(MINUTES);
    print(" minutes\n");
    board_console_flush();
    SYST_RVR = board_core_hz() / TICK_HZ - 1u;
    SYST_CVR = 0;
    irq_disable();
    SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CLKSOURCE;
    start_first(tasks[0].stack + STACK_WORDS, task_short);
}
