/*
 * Looks at 32 ms of audio at a time and sleeps in between, on the NUCLEO-L4R5ZI: what duty cycling
 * is worth. LPTIM1, clocked by the 32 kHz crystal, wakes the chip for each frame; the frame's
 * features are computed at 48 MHz, and its loudest band decides whether somebody speaks.
 *
 * The audio is a clip in flash, played over and over. A real microphone needs a clock that Stop 2
 * halts: built with DEEP=0 the sample waits in Sleep, as it would have to with DMA running. With
 * PEEK it looks at one sample of a frame, so that waking up is all that costs. After FRAMES frames
 * it says what it heard; then it ends, or with IDLE sleeps for ever without a timer.
 *
 * Sources: RM0432 rev 9, 5.3 (low-power modes), 6.4 (RCC registers), 16 (EXTI, line 32 is LPTIM1),
 * 43 (LPTIM).
 */
#include <stdint.h>

#include "board.h"
#include "cortex_m.h"
#include "handlers.h"
#include "kws_features.h"
#include "mote_mark.h"
#include "print.h"

#ifndef DEEP
#define DEEP 1
#endif
#ifndef FRAMES
#define FRAMES 312u /* 10 s */
#endif

#define SCR           REG32(0xE000ED10u)
#define SCR_SLEEPDEEP (1u << 2)

#define PWR_CR1       REG32(0x40007000u)
#define PWR_CR5       REG32(0x40007080u)
#define PWR_LPMS_MASK 7u
#define PWR_STOP_2    2u
#define PWR_DBP       (1u << 8)
#define PWR_R1MODE    (1u << 8)

#define RCC_CR         REG32(0x40021000u)
#define RCC_CFGR       REG32(0x40021008u)
#define RCC_APB1ENR1   REG32(0x40021058u)
#define RCC_APB1SMENR1 REG32(0x40021078u)
#define RCC_CCIPR      REG32(0x40021088u)
#define RCC_BDCR       REG32(0x40021090u)
#define CR_MSIRDY      (1u << 1)
#define CR_MSIRGSEL    (1u << 3)
#define CR_MSIRANGE(n) ((uint32_t)(n) << 4)
#define CR_PLLON       (1u << 24)
#define CFGR_SW_MASK   3u
#define CFGR_SWS_MASK  (3u << 2)
#define LPTIM1_CLOCK   (1u << 31)
#define LPTIM1_ON_LSE  (3u << 18)
#define BDCR_LSEON     (1u << 0)
#define BDCR_LSERDY    (1u << 1)

#define FLASH_ACR         REG32(0x40022000u)
#define FLASH_LATENCY     15u
#define FLASH_LATENCY_2   2u /* range 1, up to 60 MHz */
#define EXTI_IMR2         REG32(0x40010420u)
#define EXTI_LINE32       (1u << 0)
#define LPTIM1_ISR        REG32(0x40007C00u)
#define LPTIM1_ICR        REG32(0x40007C04u)
#define LPTIM1_IER        REG32(0x40007C08u)
#define LPTIM1_CR         REG32(0x40007C10u)
#define LPTIM1_ARR        REG32(0x40007C18u)
#define LPTIM_ARRM        (1u << 1)
#define LPTIM_ENABLE      (1u << 0)
#define LPTIM_START       (1u << 2)
#define LPTIM1_IRQ        65u
#define LSE_TICKS_A_FRAME 1049u /* 32.01 ms at 32768 Hz */

#define LPUART1_CR1 REG32(0x40008000u)
#define LPUART1_BRR REG32(0x4000800Cu)
#define LPUART_UE   1u
#define BAUD        115200u
#define CORE_HZ     48000000u

#define FRAME_SAMPLES 512u
#define LOUD          60 /* eighths of a power of two above the quietest band */

/* A 16 kHz mono 16-bit WAV file with a plain 44-byte header. */
/* clang-format off */
__asm__(".section .rodata.clip, \"a\"\n"
        ".balign 4\n"
        "clip_start: .incbin \"" CLIP_FILE "\", 44\n"
        "clip_end:\n"
        ".previous");
/* clang-format on */

extern const int16_t clip_start[];
extern const int16_t clip_end[];

static struct kws_features features;
static volatile uint32_t ticks;

static void wait_until(volatile uint32_t *reg, uint32_t mask, uint32_t value)
{
    while ((*reg & mask) != value) {
    }
}

/* From the PLL to the MSI itself at 48 MHz: it is back at once after Stop, and needs no PLL. */
static void clock_init(void)
{
    RCC_CFGR &= ~CFGR_SW_MASK;
    wait_until(&RCC_CFGR, CFGR_SWS_MASK, 0);
    RCC_CR &= ~CR_PLLON;
    wait_until(&RCC_CR, CR_MSIRDY, CR_MSIRDY);
    RCC_CR = (RCC_CR & ~CR_MSIRANGE(15)) | CR_MSIRANGE(11) | CR_MSIRGSEL;
    wait_until(&RCC_CR, CR_MSIRDY, CR_MSIRDY);
    PWR_CR5 |= PWR_R1MODE;
    FLASH_ACR = (FLASH_ACR & ~FLASH_LATENCY) | FLASH_LATENCY_2;
    LPUART1_CR1 &= ~LPUART_UE;
    LPUART1_BRR = (uint32_t)((256ull * CORE_HZ + BAUD / 2) / BAUD);
    LPUART1_CR1 |= LPUART_UE;
}

void SysTick_Handler(void)
{
}

/* A crystal takes up to two seconds to start: looked at every 100 ms, asleep in between. */
static void crystal_init(void)
{
    PWR_CR1 |= PWR_DBP;
    RCC_BDCR |= BDCR_LSEON;
    SYST_RVR = CORE_HZ / 10u - 1u;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_CLKSOURCE | SYST_CSR_TICKINT | SYST_CSR_ENABLE;
    while (!(RCC_BDCR & BDCR_LSERDY)) {
        wait_for_interrupt();
    }
    SYST_CSR = 0;
}

static void timer_init(void)
{
    RCC_CCIPR |= LPTIM1_ON_LSE;
    RCC_APB1ENR1 |= LPTIM1_CLOCK;
    RCC_APB1SMENR1 |= LPTIM1_CLOCK;
    LPTIM1_IER = LPTIM_ARRM; /* before ENABLE */
    LPTIM1_CR = LPTIM_ENABLE;
    LPTIM1_ARR = LSE_TICKS_A_FRAME - 1u;
    EXTI_IMR2 |= EXTI_LINE32;
    nvic_enable(LPTIM1_IRQ);
    LPTIM1_CR = LPTIM_ENABLE | LPTIM_START;
}

void LPTIM1_IRQHandler(void)
{
    LPTIM1_ICR = LPTIM_ARRM;
    ticks++;
}

static void sleep_init(void)
{
    PWR_CR1 = (PWR_CR1 & ~PWR_LPMS_MASK) | PWR_STOP_2;
    if (DEEP) {
        SCR |= SCR_SLEEPDEEP;
    }
}

/* Interrupts off, so that a tick between the look and WFI still ends it. */
static void wait_for_frame(uint32_t frame)
{
    irq_disable();
    while (ticks == frame) {
        wait_for_interrupt();
        irq_enable();
        irq_disable();
    }
    irq_enable();
}

/* Whether somebody speaks: the loudest band stands out from the quietest one. */
static int loud(const int16_t bands[KWS_BANDS])
{
    int16_t least = bands[0];
    int16_t most = bands[0];
    for (uint32_t i = 1; i < KWS_BANDS; i++) {
        least = bands[i] < least ? bands[i] : least;
        most = bands[i] > most ? bands[i] : most;
    }
    return most - least > LOUD;
}

static uint32_t look(const int16_t *samples)
{
    uint32_t heard;
#ifdef PEEK
    return samples[0] > PEEK;
#endif
    mote_mark_begin(1, "frame");
    kws_features_push(&features, samples);
    kws_features_push(&features, samples + FRAME_SAMPLES - KWS_HOP_SAMPLES);
    heard = (uint32_t)loud(features.frames[(features.next + KWS_FRAMES - 1) % KWS_FRAMES]);
    mote_mark_end(1);
    return heard;
}

int main(void)
{
    uint32_t heard = 0;
    const int16_t *samples = clip_start;
    board_init();
    clock_init();
    kws_features_init(&features);
    crystal_init();
    timer_init();
    sleep_init();
    for (uint32_t frame = 0; frame < FRAMES; frame++) {
        wait_for_frame(frame);
        heard += look(samples);
        samples += FRAME_SAMPLES;
        if (clip_end - samples < (int32_t)FRAME_SAMPLES) {
            samples = clip_start;
        }
    }
    LPTIM1_CR = 0;
    print("frames ");
    print_u32(FRAMES);
    print(", with a voice ");
    print_u32(heard);
    print("\n");
    board_console_flush();
#ifdef IDLE
    irq_disable();
    for (;;) {
        wait_for_interrupt();
    }
#else
    board_exit(0);
#endif
}
