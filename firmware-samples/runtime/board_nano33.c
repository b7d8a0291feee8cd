/*
 * Arduino Nano 33 BLE Sense: nRF52840 at 64 MHz, console on UARTE0 (the TX pin P1.03, RX P1.10).
 *
 * Sources: nRF52840 Product Specification v1.7 (CLOCK 5.4, NVMC 4.3, UARTE 6.34, PDM 6.15, GPIO
 * 6.9), schematic of the Nano 33 BLE Sense (pins). The regulator stays the LDO, as after reset.
 */
#include "board_nano33.h"

#include <string.h>

#include "board.h"
#include "cortex_m.h"
#include "handlers.h"
#include "semihosting.h"

#define CORE_HZ 64000000u

#define CLOCK_TASKS_HFCLKSTART    REG32(0x40000000u)
#define CLOCK_EVENTS_HFCLKSTARTED REG32(0x40000100u)
#define NVMC_ICACHECNF            REG32(0x4001E540u)
#define NVMC_ICACHECNF_CACHEEN    1u

#define UARTE0_TASKS_STARTTX REG32(0x40002008u)
#define UARTE0_EVENTS_ENDTX  REG32(0x40002120u)
#define UARTE0_INTENSET      REG32(0x40002304u)
#define UARTE0_ENABLE        REG32(0x40002500u)
#define UARTE0_PSEL_TXD      REG32(0x4000250Cu)
#define UARTE0_PSEL_RXD      REG32(0x40002514u)
#define UARTE0_BAUDRATE      REG32(0x40002524u)
#define UARTE0_TXD_PTR       REG32(0x40002544u)
#define UARTE0_TXD_MAXCNT    REG32(0x40002548u)
#define UARTE_ENABLE         8u
#define UARTE_BAUD_115200    0x01D60000u
#define UARTE_INT_ENDTX      (1u << 8)
#define UARTE0_IRQ           2u

#define PDM_TASKS_START            REG32(0x4001D000u)
#define PDM_EVENTS_STARTED         REG32(0x4001D100u)
#define PDM_EVENTS_END             REG32(0x4001D108u)
#define PDM_INTENSET               REG32(0x4001D304u)
#define PDM_ENABLE                 REG32(0x4001D500u)
#define PDM_PDMCLKCTRL             REG32(0x4001D504u)
#define PDM_MODE                   REG32(0x4001D508u)
#define PDM_GAINL                  REG32(0x4001D518u)
#define PDM_GAINR                  REG32(0x4001D51Cu)
#define PDM_RATIO                  REG32(0x4001D520u)
#define PDM_PSEL_CLK               REG32(0x4001D540u)
#define PDM_PSEL_DIN               REG32(0x4001D544u)
#define PDM_SAMPLE_PTR             REG32(0x4001D560u)
#define PDM_SAMPLE_MAXCNT          REG32(0x4001D564u)
#define PDM_CLK_1280_KHZ           0x0A000000u
#define PDM_RATIO_80               1u
#define PDM_MODE_MONO_LEFT_FALLING 1u
/* Half-decibel steps below the default, whose gain is +3.2 dB (PS: GPDM,default): +0.2 dB. */
#define PDM_GAIN_NEAR_UNITY (0x28u - 6u)
#define PDM_INT_STARTED     (1u << 0)
#define PDM_INT_END         (1u << 2)
#define PDM_IRQ             29u

#define P0_OUTSET REG32(0x50000508u)
#define P0_OUTCLR REG32(0x5000050Cu)
#define P0_DIRSET REG32(0x50000518u)
#define P0_DIRCLR REG32(0x5000051Cu)
#define P1_OUTSET REG32(0x50000808u)
#define P1_DIRSET REG32(0x50000818u)
#define PIN_PORT1 32u

#define PIN_LED       13u
#define PIN_MIC_POWER 17u
#define PIN_MIC_DATA  25u
#define PIN_MIC_CLOCK 26u
#define PIN_TX        3u
#define PIN_RX        10u

#define CONSOLE_BYTES 1024u

/* Written by main, drained by the ENDTX interrupt. EasyDMA reads RAM only, hence the copy. */
static struct {
    char bytes[CONSOLE_BYTES];
    volatile uint32_t head;
    volatile uint32_t tail;
    volatile uint32_t in_flight;
} console;

static struct {
    int16_t *ring;
    uint32_t blocks;
    uint32_t samples;
    uint32_t next;
    volatile uint32_t filled;
} pdm;

/* Starts the next contiguous stretch of the ring; called with the interrupt masked or from it. */
static void console_kick(void)
{
    const uint32_t head = console.head;
    const uint32_t tail = console.tail;
    if (console.in_flight || head == tail) {
        return;
    }
    const uint32_t end = head > tail ? head : CONSOLE_BYTES;
    console.in_flight = end - tail;
    UARTE0_TXD_PTR = (uint32_t)(uintptr_t)&console.bytes[tail];
    UARTE0_TXD_MAXCNT = console.in_flight;
    UARTE0_TASKS_STARTTX = 1;
}

void UARTE0_IRQHandler(void)
{
    if (!UARTE0_EVENTS_ENDTX) {
        return;
    }
    UARTE0_EVENTS_ENDTX = 0;
    (void)UARTE0_EVENTS_ENDTX;
    console.tail = (console.tail + console.in_flight) % CONSOLE_BYTES;
    console.in_flight = 0;
    console_kick();
}

void PDM_IRQHandler(void)
{
    /* END before STARTED: both may be set, and END speaks of the older buffer. */
    if (PDM_EVENTS_END) {
        PDM_EVENTS_END = 0;
        pdm.filled++;
    }
    if (PDM_EVENTS_STARTED) {
        PDM_EVENTS_STARTED = 0;
        /* The pointer was taken over: name the buffer after the one now being filled. */
        pdm.next = pdm.next + 1 == pdm.blocks ? 0 : pdm.next + 1;
        PDM_SAMPLE_PTR = (uint32_t)(uintptr_t)(pdm.ring + pdm.next * pdm.samples);
    }
    (void)PDM_EVENTS_STARTED;
}

void board_init(void)
{
    NVMC_ICACHECNF = NVMC_ICACHECNF_CACHEEN;
    CLOCK_EVENTS_HFCLKSTARTED = 0;
    CLOCK_TASKS_HFCLKSTART = 1;
    while (!CLOCK_EVENTS_HFCLKSTARTED) {
    }

    P1_OUTSET = 1u << PIN_TX;
    P1_DIRSET = 1u << PIN_TX;
    UARTE0_PSEL_TXD = PIN_PORT1 | PIN_TX;
    UARTE0_PSEL_RXD = PIN_PORT1 | PIN_RX;
    UARTE0_BAUDRATE = UARTE_BAUD_115200;
    UARTE0_ENABLE = UARTE_ENABLE;
    UARTE0_INTENSET = UARTE_INT_ENDTX;
    nvic_enable(UARTE0_IRQ);

    P0_OUTCLR = 1u << PIN_LED;
    P0_DIRSET = 1u << PIN_LED;
}

const char *board_name(void)
{
    return "arduino_nano_33_ble_sense";
}

uint32_t board_core_hz(void)
{
    return CORE_HZ;
}

/* The ring is full: sleep until an interrupt is pending, let it in, look again. */
static void wait_for_room(uint32_t next)
{
    irq_disable();
    console_kick();
    while (next == console.tail) {
        wait_for_interrupt();
        irq_enable();
        irq_disable();
    }
    irq_enable();
}

void board_console_write(const char *text, size_t count)
{
    for (; count > 0; count--) {
        const uint32_t next = (console.head + 1u) % CONSOLE_BYTES;
        if (next == console.tail) {
            wait_for_room(next);
        }
        console.bytes[console.head] = *text++;
        console.head = next;
    }
    irq_disable();
    console_kick();
    irq_enable();
}

void board_console_flush(void)
{
    irq_disable();
    while (console.in_flight) {
        wait_for_interrupt();
        irq_enable();
        irq_disable();
    }
    irq_enable();
}

void board_led(int on)
{
    if (on) {
        P0_OUTSET = 1u << PIN_LED;
    } else {
        P0_OUTCLR = 1u << PIN_LED;
    }
}

void board_exit(int status)
{
    board_console_flush();
    semihosting_exit(status);
    irq_disable();
    for (;;) {
        wait_for_interrupt();
    }
}

void nano33_pdm_start(int16_t *ring, size_t blocks, size_t samples)
{
    pdm.ring = ring;
    pdm.blocks = blocks;
    pdm.samples = samples;
    pdm.next = 0;
    pdm.filled = 0;

    P0_OUTSET = 1u << PIN_MIC_POWER;
    P0_DIRSET = 1u << PIN_MIC_POWER;
    P0_OUTCLR = 1u << PIN_MIC_CLOCK;
    P0_DIRSET = 1u << PIN_MIC_CLOCK;
    P0_DIRCLR = 1u << PIN_MIC_DATA;

    PDM_PSEL_CLK = PIN_MIC_CLOCK;
    PDM_PSEL_DIN = PIN_MIC_DATA;
    PDM_PDMCLKCTRL = PDM_CLK_1280_KHZ;
    PDM_RATIO = PDM_RATIO_80;
    PDM_MODE = PDM_MODE_MONO_LEFT_FALLING;
    PDM_GAINL = PDM_GAIN_NEAR_UNITY;
    PDM_GAINR = PDM_GAIN_NEAR_UNITY;
    PDM_SAMPLE_PTR = (uint32_t)(uintptr_t)ring;
    PDM_SAMPLE_MAXCNT = samples;
    PDM_EVENTS_STARTED = 0;
    PDM_EVENTS_END = 0;
    PDM_INTENSET = PDM_INT_STARTED | PDM_INT_END;
    PDM_ENABLE = 1;
    nvic_enable(PDM_IRQ);
    PDM_TASKS_START = 1;
}

uint32_t nano33_pdm_filled(void)
{
    return pdm.filled;
}
