/* I2C, SPI and PDM: from a controller to its children. */
#include "kernel.h"

/* ---- I2C --------------------------------------------------------------------------------------
 */

bool mote_i2c_start(struct mote_device *controller, uint8_t address7, bool read)
{
    struct mote_device *target = NULL;
    for (size_t i = 0; i < mote_child_count(controller) && target == NULL; i++) {
        struct mote_device *child = mote_child(controller, i);
        if (child->cls->i2c != NULL && child->bus_address == address7)
            target = child;
    }
    struct mote_device *active = controller->priv->i2c_active;
    if (active != NULL && active != target)
        mote_i2c_stop(controller);
    if (target == NULL || !target->cls->i2c->start(target, read))
        return false;
    controller->priv->i2c_active = target;
    return true;
}

bool mote_i2c_write(struct mote_device *controller, uint8_t byte)
{
    struct mote_device *target = controller->priv->i2c_active;
    return target != NULL && target->cls->i2c->write(target, byte);
}

uint8_t mote_i2c_read(struct mote_device *controller)
{
    struct mote_device *target = controller->priv->i2c_active;
    return target != NULL ? target->cls->i2c->read(target) : 0xFF;
}

void mote_i2c_stop(struct mote_device *controller)
{
    struct mote_device *target = controller->priv->i2c_active;
    controller->priv->i2c_active = NULL;
    if (target != NULL && target->cls->i2c->stop != NULL)
        target->cls->i2c->stop(target);
}

/* ---- SPI --------------------------------------------------------------------------------------
 */

void mote_spi_select(struct mote_device *target, bool selected)
{
    if (target->priv->selected == selected)
        return;
    target->priv->selected = selected;
    if (target->cls->spi != NULL && target->cls->spi->select != NULL)
        target->cls->spi->select(target, selected);
}

uint32_t mote_spi_transfer(struct mote_device *controller, uint32_t out, uint32_t bits)
{
    uint32_t in = bits >= 32 ? UINT32_MAX : (1u << bits) - 1;
    for (size_t i = 0; i < mote_child_count(controller); i++) {
        struct mote_device *child = mote_child(controller, i);
        if (child->cls->spi != NULL && child->priv->selected)
            in &= child->cls->spi->transfer(child, out, bits);
    }
    return in;
}

/* ---- PDM --------------------------------------------------------------------------------------
 */

double mote_pdm_sample(struct mote_device *controller, bool right, uint64_t at_ps)
{
    for (size_t i = 0; i < mote_child_count(controller); i++) {
        struct mote_device *child = mote_child(controller, i);
        if (child->cls->pdm != NULL && (child->bus_address == 1) == right)
            return child->cls->pdm->sample(child, at_ps);
    }
    return 0.0;
}

void mote_pdm_set_clock_hz(struct mote_device *controller, uint64_t hz)
{
    for (size_t i = 0; i < mote_child_count(controller); i++) {
        struct mote_device *child = mote_child(controller, i);
        if (child->cls->pdm != NULL && child->cls->pdm->clock_hz != NULL)
            child->cls->pdm->clock_hz(child, hz);
    }
}
