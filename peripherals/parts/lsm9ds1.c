/* LSM9DS1 accelerometer and gyroscope (STMicroelectronics DocID025715 Rev 3, sections 3, 5 and 7).
 * The magnetometer of the same package answers at its own address: lsm9ds1_mag.c.
 *
 * Modelled: I2C and SPI with address rounding over the output registers, all data rates and full
 * scales, gyroscope power modes, BDU, BLE, data-ready flags, FIFO (32 deep; bypass, FIFO,
 * continuous, continuous-to-FIFO, bypass-to-continuous; threshold, overrun, STOP_ON_FTH), the
 * threshold interrupt generators (AND/OR, duration, latch), INT1 and INT2 with H_LACTIVE, sign bits
 * of ORIENT_CFG_G, temperature (one value per sample), software reset.
 * Not modelled: bandwidth selection and filters (samples are the stimulus at the sample's time),
 * axis permutation (Orient), 6D/4D recognition, WAIT and decrement options of the generators,
 * activity recognition, self-test offsets, FIFO_TEMP_EN, DRDY masking, samples lost at turn-on,
 * noise and zero offsets, open-drain outputs, I2C_DISABLE.
 *
 * Samples are not stepped: they are taken when a register is read, or by an event while an
 * interrupt pin or generator needs them. At most the FIFO's depth is evaluated at once. */
#include "_sensor.h"

#include <mote/channel.h>
#include <string.h>

#define FIFO_DEPTH 32u
#define AXES       3u
#define WORDS      (2u * AXES) /* gyroscope x y z, accelerometer x y z */

#define STANDARD_GRAVITY 9.80665
#define RAD_PER_DEG      0.017453292519943295

enum { GYRO_X, GYRO_Y, GYRO_Z, ACCEL_X, ACCEL_Y, ACCEL_Z, TEMPERATURE };
enum { SAMPLE };
enum { POWER_DOWN, ACCEL, GYRO_LP_14_9, GYRO_LP_59_5, GYRO_LP_119, GYRO_NORMAL, GYRO_SLEEP };
enum { INT1, INT2 };
/* STATUS_REG */
enum { XLDA = 1, GDA = 2, TDA = 4, IG_G = 0x20, IG_XL = 0x40 };
/* FIFO_CTRL.FMODE */
enum { BYPASS, FIFO, CONTINUOUS_TO_FIFO = 3, BYPASS_TO_CONTINUOUS = 4, CONTINUOUS = 6 };

enum {
    ACT_THS,
    ACT_DUR,
    INT_GEN_CFG_XL,
    INT_GEN_THS_XL,
    INT_GEN_DUR_XL,
    REFERENCE_G,
    INT1_CTRL,
    INT2_CTRL,
    WHO_AM_I,
    CTRL_REG1_G,
    CTRL_REG2_G,
    CTRL_REG3_G,
    ORIENT_CFG_G,
    INT_GEN_SRC_G,
    OUT_TEMP,
    STATUS_REG,
    OUT_G,
    CTRL_REG4,
    CTRL_REG5_XL,
    CTRL_REG6_XL,
    CTRL_REG7_XL,
    CTRL_REG8,
    CTRL_REG9,
    CTRL_REG10,
    INT_GEN_SRC_XL,
    STATUS_REG_27,
    OUT_XL,
    FIFO_CTRL,
    FIFO_SRC,
    INT_GEN_CFG_G,
    INT_GEN_THS_G,
    INT_GEN_DUR_G,
};

struct lsm9ds1 {
    struct part_port port;
    struct part_sampler sampler;
    uint64_t seen; /* samples taken since sampler.start_ps */
    int16_t out[WORDS];
    int16_t temperature;
    int16_t fifo[FIFO_DEPTH][WORDS];
    uint8_t fifo_head, fifo_count, fifo_overrun, fifo_triggered;
    uint8_t fresh;           /* XLDA, GDA, TDA */
    uint8_t held;            /* BDU: words whose low byte was read and high byte not yet */
    uint8_t high_bytes_read; /* words whose high byte was read since the flag rose */
    uint8_t ig_source[2];    /* [0] gyroscope, [1] accelerometer: INT_GEN_SRC */
    uint8_t ig_run[2];       /* consecutive samples that met the condition */
};

static const struct mote_channel_desc channels[] = {
    [GYRO_X] = {"gyro_x", "rad/s", -2000 * RAD_PER_DEG, 2000 * RAD_PER_DEG, 0.0},
    [GYRO_Y] = {"gyro_y", "rad/s", -2000 * RAD_PER_DEG, 2000 * RAD_PER_DEG, 0.0},
    [GYRO_Z] = {"gyro_z", "rad/s", -2000 * RAD_PER_DEG, 2000 * RAD_PER_DEG, 0.0},
    [ACCEL_X] = {"accel_x", "m/s^2", -16 * STANDARD_GRAVITY, 16 * STANDARD_GRAVITY, 0.0},
    [ACCEL_Y] = {"accel_y", "m/s^2", -16 * STANDARD_GRAVITY, 16 * STANDARD_GRAVITY, 0.0},
    [ACCEL_Z] = {"accel_z", "m/s^2", -16 * STANDARD_GRAVITY, 16 * STANDARD_GRAVITY,
                 STANDARD_GRAVITY},
    [TEMPERATURE] = {"temperature", "degC", -40.0, 85.0, 25.0},
};

/* Meaning of register fields: ODR_G, ODR_XL in millihertz; FS_XL in mg per LSB; FS_G in mdps per
 * LSB (01 counts twice because 10 is not available). */
static const uint32_t odr_g_millihz[8] = {0, 14900, 59500, 119000, 238000, 476000, 952000, 0};
static const uint32_t odr_xl_millihz[8] = {0, 10000, 50000, 119000, 238000, 476000, 952000, 0};
static const double fs_xl_mg[4] = {0.061, 0.732, 0.122, 0.244};
static const double fs_g_mdps[4] = {8.75, 17.5, 17.5, 70.0};

static bool gyro_on(struct mote_device *dev)
{
    return odr_g_millihz[mote_reg(dev, CTRL_REG1_G) >> 5] != 0;
}

static bool accel_on(struct mote_device *dev)
{
    return odr_xl_millihz[mote_reg(dev, CTRL_REG6_XL) >> 5] != 0;
}

/* ---- FIFO ------------------------------------------------------------------------------------ */

static bool fifo_active(struct mote_device *dev)
{
    return (mote_reg(dev, CTRL_REG9) & 0x02u) != 0 && mote_reg(dev, FIFO_CTRL) >> 5 != BYPASS;
}

static uint32_t fifo_limit(struct mote_device *dev)
{
    uint32_t threshold = mote_reg(dev, FIFO_CTRL) & 0x1Fu;

    return (mote_reg(dev, CTRL_REG9) & 0x01u) != 0 && threshold != 0 ? threshold : FIFO_DEPTH;
}

static bool fifo_stops_when_full(struct mote_device *dev)
{
    const struct lsm9ds1 *s = dev->state;
    uint32_t mode = mote_reg(dev, FIFO_CTRL) >> 5;

    return mode == FIFO || (mode == CONTINUOUS_TO_FIFO && s->fifo_triggered);
}

static void fifo_push(struct mote_device *dev, const int16_t *words)
{
    struct lsm9ds1 *s = dev->state;
    uint32_t limit = fifo_limit(dev);

    if (mote_reg(dev, FIFO_CTRL) >> 5 == BYPASS_TO_CONTINUOUS && !s->fifo_triggered)
        return;
    if (s->fifo_count >= limit) {
        s->fifo_overrun = 1;
        if (fifo_stops_when_full(dev))
            return;
        s->fifo_head = (uint8_t)((s->fifo_head + 1u) % FIFO_DEPTH);
        s->fifo_count--;
    }
    memcpy(s->fifo[(s->fifo_head + s->fifo_count) % FIFO_DEPTH], words, sizeof s->fifo[0]);
    s->fifo_count++;
}

static uint8_t fifo_source(struct mote_device *dev)
{
    const struct lsm9ds1 *s = dev->state;
    uint32_t threshold = mote_reg(dev, FIFO_CTRL) & 0x1Fu;
    bool reached = threshold != 0 && s->fifo_count >= threshold;

    return (uint8_t)((reached ? 0x80u : 0) | (s->fifo_overrun ? 0x40u : 0) | s->fifo_count);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

/* Levels of one pin by its INTx_CTRL register. */
static void update_pin(struct mote_device *dev, uint32_t output, uint32_t enabled)
{
    const struct lsm9ds1 *s = dev->state;
    uint8_t fifo = fifo_source(dev);
    uint32_t active = 0;

    active |= s->fresh & XLDA ? 0x01u : 0;
    active |= s->fresh & GDA ? 0x02u : 0;
    active |= output == INT2 && (s->fresh & TDA) ? 0x04u : 0;
    active |= fifo & 0x80u ? 0x08u : 0;
    active |= fifo & 0x40u ? 0x10u : 0;
    active |= (fifo & 0x3Fu) == FIFO_DEPTH ? 0x20u : 0;
    if (output == INT1) {
        active |= s->ig_source[1] & 0x40u ? 0x40u : 0;
        active |= s->ig_source[0] & 0x40u ? 0x80u : 0;
    }
    bool active_low = (mote_reg(dev, CTRL_REG8) & 0x20u) != 0;

    mote_wire_set(dev, output, ((active & enabled) != 0) != active_low);
}

static void update_pins(struct mote_device *dev)
{
    update_pin(dev, INT1, mote_reg(dev, INT1_CTRL));
    update_pin(dev, INT2, mote_reg(dev, INT2_CTRL));
}

/* Runs a threshold generator on one sample: `which` 0 gyroscope, 1 accelerometer. */
static void run_generator(struct mote_device *dev, uint32_t which, const int16_t *axis)
{
    struct lsm9ds1 *s = dev->state;
    uint32_t config = mote_reg(dev, which ? INT_GEN_CFG_XL : INT_GEN_CFG_G);
    uint32_t enabled = config & 0x3Fu;
    uint32_t duration = mote_reg(dev, which ? INT_GEN_DUR_XL : INT_GEN_DUR_G) & 0x7Fu;
    bool latched = which ? (mote_reg(dev, CTRL_REG4) & 0x02u) != 0 : (config & 0x40u) != 0;
    uint32_t events = 0;

    if (enabled == 0)
        return;
    for (uint32_t i = 0; i < AXES; i++) {
        int32_t magnitude = axis[i] < 0 ? -(int32_t)axis[i] : axis[i];
        /* The accelerometer's threshold has 8 bits of full scale, the gyroscope's 15. */
        int32_t threshold = which
                                ? (int32_t)(mote_reg_at(dev, INT_GEN_THS_XL, i) << 7)
                                : (int32_t)((mote_reg_at(dev, INT_GEN_THS_G, 2 * i) & 0x7Fu) << 8 |
                                            mote_reg_at(dev, INT_GEN_THS_G, 2 * i + 1));

        events |= (magnitude > threshold ? 2u : 1u) << (2 * i);
    }
    bool met = config & 0x80u ? (events & enabled) == enabled : (events & enabled) != 0;

    s->ig_run[which] = met ? (uint8_t)(s->ig_run[which] < 0xFF ? s->ig_run[which] + 1 : 0xFF) : 0;
    if (met && s->ig_run[which] > duration) {
        s->ig_source[which] = (uint8_t)(0x40u | events);
        s->fifo_triggered |= which == 1;
    } else if (!latched) {
        s->ig_source[which] = (uint8_t)(events & enabled);
    }
}

/* ---- sampling -------------------------------------------------------------------------------- */

static void measure(struct mote_device *dev, uint64_t at_ps, int16_t *words)
{
    uint32_t enabled_g = mote_reg(dev, CTRL_REG4) >> 3, orient = mote_reg(dev, ORIENT_CFG_G);
    uint32_t enabled_xl = mote_reg(dev, CTRL_REG5_XL) >> 3;
    double step_g = fs_g_mdps[(mote_reg(dev, CTRL_REG1_G) >> 3) & 3u] / 1000.0 * RAD_PER_DEG;
    double step_xl = fs_xl_mg[(mote_reg(dev, CTRL_REG6_XL) >> 3) & 3u] / 1000.0 * STANDARD_GRAVITY;
    bool sleeping = (mote_reg(dev, CTRL_REG9) & 0x40u) != 0;

    memset(words, 0, WORDS * sizeof words[0]);
    for (uint32_t i = 0; i < AXES; i++) {
        if (gyro_on(dev) && !sleeping && (enabled_g >> i & 1u)) {
            double sign = orient & (0x20u >> i) ? -1.0 : 1.0;
            double value = sign * mote_channel_value(dev, GYRO_X + i, at_ps);
            words[i] = (int16_t)part_quantise(value, step_g, 16);
        }
        if (accel_on(dev) && (enabled_xl >> i & 1u)) {
            double value = mote_channel_value(dev, ACCEL_X + i, at_ps);
            words[AXES + i] = (int16_t)part_quantise(value, step_xl, 16);
        }
    }
}

static void take_sample(struct mote_device *dev, uint64_t k)
{
    struct lsm9ds1 *s = dev->state;
    uint64_t at_ps = part_sampler_time_ps(&s->sampler, k);
    int16_t words[WORDS];

    measure(dev, at_ps, words);
    /* 16 LSB per degree, 0 at 25 degC; a 12-bit converter, sign-extended. */
    s->temperature =
        (int16_t)part_quantise(mote_channel_value(dev, TEMPERATURE, at_ps) - 25.0, 1.0 / 16.0, 12);
    run_generator(dev, 0, words);
    run_generator(dev, 1, words + AXES);
    if (fifo_active(dev)) {
        fifo_push(dev, words);
    } else {
        for (uint32_t i = 0; i < WORDS; i++)
            if (!((uint32_t)s->held >> i & 1u))
                s->out[i] = words[i];
    }
    s->fresh |= (uint8_t)(TDA | (gyro_on(dev) ? GDA : 0) | (accel_on(dev) ? XLDA : 0));
    s->high_bytes_read = 0;
    s->seen = k;
}

/* Takes every sample that became ready since the last call and still matters: the oldest ones while
 * a FIFO that stops is filling, then the newest ones. */
static void sync(struct mote_device *dev)
{
    struct lsm9ds1 *s = dev->state;
    uint64_t ready = part_sampler_count(&s->sampler, mote_now_ps(dev->sys));

    if (ready <= s->seen)
        return;
    while (s->seen < ready && fifo_active(dev) && fifo_stops_when_full(dev) &&
           s->fifo_count < fifo_limit(dev))
        take_sample(dev, s->seen + 1);
    if (ready - s->seen > FIFO_DEPTH + 1)
        s->seen = ready - (FIFO_DEPTH + 1); /* one more than fits, so that an overrun shows */
    while (s->seen < ready)
        take_sample(dev, s->seen + 1);
    update_pins(dev);
}

static void arm(struct mote_device *dev)
{
    const struct lsm9ds1 *s = dev->state;
    bool needed = mote_reg(dev, INT1_CTRL) != 0 || mote_reg(dev, INT2_CTRL) != 0 ||
                  (mote_reg(dev, INT_GEN_CFG_XL) & 0x3Fu) != 0 ||
                  (mote_reg(dev, INT_GEN_CFG_G) & 0x3Fu) != 0;

    mote_event_at(dev, SAMPLE,
                  needed ? part_sampler_time_ps(&s->sampler, s->seen + 1) : MOTE_NEVER_PS);
}

static void sample_event(struct mote_device *dev)
{
    sync(dev);
    arm(dev);
}

/* Follows the control registers: data rate, power state, pins. */
static void configure(struct mote_device *dev)
{
    struct lsm9ds1 *s = dev->state;
    uint32_t odr_g = mote_reg(dev, CTRL_REG1_G) >> 5, odr_xl = mote_reg(dev, CTRL_REG6_XL) >> 5;
    bool low_power = (mote_reg(dev, CTRL_REG3_G) & 0x80u) != 0;
    uint32_t millihz = gyro_on(dev) ? odr_g_millihz[odr_g] : odr_xl_millihz[odr_xl];
    uint32_t state = POWER_DOWN;

    if (millihz != s->sampler.millihz) {
        s->sampler = (struct part_sampler){mote_now_ps(dev->sys), millihz};
        s->seen = 0;
    }
    if (gyro_on(dev) && (mote_reg(dev, CTRL_REG9) & 0x40u) != 0)
        state = GYRO_SLEEP;
    else if (gyro_on(dev))
        state = low_power && odr_g <= 3 ? GYRO_LP_14_9 + odr_g - 1 : GYRO_NORMAL;
    else if (accel_on(dev))
        state = ACCEL;
    mote_power_state(dev, state);
    update_pins(dev);
    arm(dev);
}

/* ---- register hooks -------------------------------------------------------------------------- */

static void control_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)written;
    (void)old;
    configure(dev);
}

static void fifo_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    struct lsm9ds1 *s = dev->state;

    (void)element;
    (void)written;
    if (!fifo_active(dev) || old >> 5 == BYPASS) {
        s->fifo_head = 0;
        s->fifo_count = 0;
        s->fifo_overrun = 0;
        s->fifo_triggered = 0;
        s->seen = part_sampler_count(&s->sampler, mote_now_ps(dev->sys));
    }
    configure(dev);
}

static void restart(struct mote_device *dev)
{
    struct lsm9ds1 *s = dev->state;
    struct part_port port = s->port; /* the transaction that asked for the reset goes on */

    memset(s, 0, sizeof *s);
    s->port = port;
    configure(dev);
}

static void ctrl8_store(struct mote_device *dev, uint32_t element, uint32_t old, uint32_t written)
{
    (void)element;
    (void)old;
    (void)written;
    if (mote_reg(dev, CTRL_REG8) & 0x01u) {
        part_reset_registers(dev);
        restart(dev);
        return;
    }
    mote_reg(dev, CTRL_REG8) &= ~0x80u; /* BOOT: the trimming values are always loaded */
    configure(dev);
}

static uint32_t status_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    const struct lsm9ds1 *s = dev->state;

    (void)element;
    (void)value;
    sync(dev);
    return s->fresh | (s->ig_source[0] & 0x40u ? IG_G : 0u) |
           (s->ig_source[1] & 0x40u ? IG_XL : 0u);
}

static uint32_t fifo_src_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    sync(dev);
    return fifo_source(dev);
}

/* Reading the source register ends a latched interrupt. */
static uint32_t source_load(struct mote_device *dev, uint32_t which)
{
    struct lsm9ds1 *s = dev->state;

    sync(dev);
    uint32_t value = s->ig_source[which];

    s->ig_source[which] = 0;
    update_pins(dev);
    return value;
}

static uint32_t source_g_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return source_load(dev, 0);
}

static uint32_t source_xl_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)element;
    (void)value;
    return source_load(dev, 1);
}

static uint32_t byte_of(struct mote_device *dev, int16_t word, uint32_t index)
{
    bool big_endian = (mote_reg(dev, CTRL_REG8) & 0x02u) != 0;
    bool high = ((index & 1u) != 0) != big_endian;

    return high ? (uint16_t)word >> 8 : (uint16_t)word & 0xFFu;
}

static void fifo_pop(struct mote_device *dev)
{
    struct lsm9ds1 *s = dev->state;

    memcpy(s->out, s->fifo[s->fifo_head], sizeof s->out);
    s->fifo_head = (uint8_t)((s->fifo_head + 1u) % FIFO_DEPTH);
    s->fifo_count--;
    s->fifo_overrun = 0;
}

/* One byte of an output word; 0..2 gyroscope, 3..5 accelerometer. */
static uint32_t output_load(struct mote_device *dev, uint32_t word, uint32_t index)
{
    struct lsm9ds1 *s = dev->state;
    bool bdu = (mote_reg(dev, CTRL_REG8) & 0x40u) != 0, fifo = fifo_active(dev);
    uint8_t bit = (uint8_t)(1u << word), group = word < AXES ? 0x07u : 0x38u;

    sync(dev);
    uint32_t value =
        byte_of(dev, fifo && s->fifo_count ? s->fifo[s->fifo_head][word] : s->out[word], index);

    if (!(index & 1u)) {
        s->held = bdu && !fifo ? s->held | bit : s->held;
        return value;
    }
    s->held &= (uint8_t)~bit;
    s->high_bytes_read |= bit;
    if ((s->high_bytes_read & group) == group)
        s->fresh &= (uint8_t) ~(word < AXES ? GDA : XLDA);
    /* A FIFO slot holds both sensors; the accelerometer's last byte ends it, or the gyroscope's
     * while the accelerometer is off. */
    if (fifo && s->fifo_count && word == (accel_on(dev) ? WORDS - 1 : AXES - 1))
        fifo_pop(dev);
    update_pins(dev);
    return value;
}

static uint32_t out_g_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    return output_load(dev, element / 2, element);
}

static uint32_t out_xl_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    (void)value;
    return output_load(dev, AXES + element / 2, element);
}

static uint32_t out_temp_load(struct mote_device *dev, uint32_t element, uint32_t value)
{
    struct lsm9ds1 *s = dev->state;

    (void)value;
    sync(dev);
    if (element == 1)
        s->fresh &= (uint8_t)~TDA;
    update_pins(dev);
    return byte_of(dev, s->temperature, element);
}

/* Multiple reads go round the output registers of the sensors that are on. */
static uint8_t next_address(struct mote_device *dev, const struct part_port *port)
{
    uint8_t next = (uint8_t)((port->sub + 1u) & 0x7Fu);

    if (!(mote_reg(dev, CTRL_REG8) & 0x04u))
        return port->sub;
    if (port->read && next == 0x1E && gyro_on(dev))
        return accel_on(dev) ? 0x28 : 0x18;
    if (port->read && next == 0x2E && accel_on(dev))
        return gyro_on(dev) ? 0x18 : 0x28;
    return next;
}

PART_PORT_OPS(struct lsm9ds1, PART_INCREMENT_BY_REGISTER, sync, next_address)

/* ---- tables ---------------------------------------------------------------------------------- */

static const struct mote_reg regs[] = {
    [ACT_THS] = {"ACT_THS", 0x04, .rw = 0xFF, .unmodelled = 0xFF, .bytes = 1},
    [ACT_DUR] = {"ACT_DUR", 0x05, .rw = 0xFF, .unmodelled = 0xFF, .bytes = 1},
    [INT_GEN_CFG_XL] = {"INT_GEN_CFG_XL", 0x06, .rw = 0xFF, .unmodelled = 0x40, .bytes = 1,
                        .store = control_store},
    [INT_GEN_THS_XL] = {"INT_GEN_THS_XL[%u]", 0x07, .rw = 0xFF, .count = 3, .stride = 1,
                        .bytes = 1},
    [INT_GEN_DUR_XL] = {"INT_GEN_DUR_XL", 0x0A, .rw = 0xFF, .unmodelled = 0x80, .bytes = 1},
    [REFERENCE_G] = {"REFERENCE_G", 0x0B, .rw = 0xFF, .unmodelled = 0xFF, .bytes = 1},
    [INT1_CTRL] = {"INT1_CTRL", 0x0C, .rw = 0xFF, .unmodelled = 0x04, .bytes = 1,
                   .store = control_store},
    [INT2_CTRL] = {"INT2_CTRL", 0x0D, .rw = 0xBF, .unmodelled = 0x80, .bytes = 1,
                   .store = control_store},
    [WHO_AM_I] = {"WHO_AM_I", 0x0F, 0x68, .ro = 0xFF, .bytes = 1},
    [CTRL_REG1_G] = {"CTRL_REG1_G", 0x10, .rw = 0xFB, .unmodelled = 0x03, .bytes = 1,
                     .store = control_store},
    [CTRL_REG2_G] = {"CTRL_REG2_G", 0x11, .rw = 0x0F, .unmodelled = 0x0F, .bytes = 1},
    [CTRL_REG3_G] = {"CTRL_REG3_G", 0x12, .rw = 0xCF, .unmodelled = 0x4F, .bytes = 1,
                     .store = control_store},
    [ORIENT_CFG_G] = {"ORIENT_CFG_G", 0x13, .rw = 0x3F, .unmodelled = 0x07, .bytes = 1},
    [INT_GEN_SRC_G] = {"INT_GEN_SRC_G", 0x14, .ro = 0x7F, .bytes = 1, .load = source_g_load},
    [OUT_TEMP] = {"OUT_TEMP[%u]", 0x15, .ro = 0xFF, .count = 2, .stride = 1, .bytes = 1,
                  .load = out_temp_load},
    [STATUS_REG] = {"STATUS_REG", 0x17, .ro = 0x7F, .bytes = 1, .load = status_load},
    [OUT_G] = {"OUT_G[%u]", 0x18, .ro = 0xFF, .count = 6, .stride = 1, .bytes = 1,
               .load = out_g_load},
    [CTRL_REG4] = {"CTRL_REG4", 0x1E, 0x38, .rw = 0x3B, .unmodelled = 0x01, .bytes = 1},
    [CTRL_REG5_XL] = {"CTRL_REG5_XL", 0x1F, 0x38, .rw = 0xF8, .unmodelled = 0xC0, .bytes = 1},
    [CTRL_REG6_XL] = {"CTRL_REG6_XL", 0x20, .rw = 0xFF, .unmodelled = 0x07, .bytes = 1,
                      .store = control_store},
    [CTRL_REG7_XL] = {"CTRL_REG7_XL", 0x21, .rw = 0xE5, .unmodelled = 0xE5, .bytes = 1},
    [CTRL_REG8] = {"CTRL_REG8", 0x22, 0x04, .rw = 0xFF, .unmodelled = 0x18, .bytes = 1,
                   .store = ctrl8_store},
    [CTRL_REG9] = {"CTRL_REG9", 0x23, .rw = 0x5F, .unmodelled = 0x1C, .bytes = 1,
                   .store = control_store},
    [CTRL_REG10] = {"CTRL_REG10", 0x24, .rw = 0x05, .unmodelled = 0x05, .bytes = 1},
    [INT_GEN_SRC_XL] = {"INT_GEN_SRC_XL", 0x26, .ro = 0x7F, .bytes = 1, .load = source_xl_load},
    [STATUS_REG_27] = {"STATUS_REG (27h)", 0x27, .ro = 0x7F, .bytes = 1, .load = status_load},
    [OUT_XL] = {"OUT_XL[%u]", 0x28, .ro = 0xFF, .count = 6, .stride = 1, .bytes = 1,
                .load = out_xl_load},
    [FIFO_CTRL] = {"FIFO_CTRL", 0x2E, .rw = 0xFF, .bytes = 1, .store = fifo_store},
    [FIFO_SRC] = {"FIFO_SRC", 0x2F, .ro = 0xFF, .bytes = 1, .load = fifo_src_load},
    [INT_GEN_CFG_G] = {"INT_GEN_CFG_G", 0x30, .rw = 0xFF, .bytes = 1, .store = control_store},
    [INT_GEN_THS_G] = {"INT_GEN_THS_G[%u]", 0x31, .rw = 0xFF, .unmodelled = 0x80, .count = 6,
                       .stride = 1, .bytes = 1},
    [INT_GEN_DUR_G] = {"INT_GEN_DUR_G", 0x37, .rw = 0xFF, .unmodelled = 0x80, .bytes = 1},
};

static const struct mote_event_desc events[] = {[SAMPLE] = {"sample", sample_event, 0}};

const struct mote_device_class mote_class_lsm9ds1 = {
    .name = "lsm9ds1",
    .summary = "ST LSM9DS1 accelerometer and gyroscope",
    .compatibles = {"st,lsm9ds1"},
    .state_bytes = sizeof(struct lsm9ds1),
    .regs = regs,
    .reg_count = sizeof regs / sizeof regs[0],
    .events = events,
    .event_count = sizeof events / sizeof events[0],
    .outputs = {[INT1] = {"int1", 1}, [INT2] = {"int2", 1}},
    .power_states = {"power_down", "accel", "gyro_low_power_14_9_hz", "gyro_low_power_59_5_hz",
                     "gyro_low_power_119_hz", "gyro_normal", "gyro_sleep"},
    .channels = channels,
    .channel_count = sizeof channels / sizeof channels[0],
    .i2c = &i2c_ops,
    .spi = &spi_ops,
    .reset = restart,
};
