// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * What hangs on the board: GPIO lines and an SPI bus whose other ends are outside of the machine.
 *
 * Two chips of lines ("mapio,board-lines") and a bus ("mapio,board-spi") come from the device tree, with their names.
 * What is done to them is read from /dev/board, one message at a time, and who does it sleeps until the message is
 * acknowledged, as with an expander on I2C. So no reset pulse is too short, and BUSY has its level before the next look.
 *
 *   from here   8 bytes: kind, chip, line, value, length (32 bits, little endian); then so many bytes
 *               'O' an output has this value      'S' these bytes were sent on the bus
 *   to here     4 bytes: kind, chip, line, value
 *               'I' an input has this value       'K' the message has taken effect
 */
#include <linux/gpio/driver.h>
#include <linux/irqdomain.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mod_devicetable.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/reboot.h>
#include <linux/spi/spi.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#define CHIPS 2
#define LINES 32
#define PIECE 4096
#define PATIENCE (20 * HZ)

struct lines {
	struct gpio_chip chip;
	u32 number;
	unsigned long levels, outputs, masked;
	u8 type[LINES];
};

struct head {
	u8 kind, chip, line, value;
	__le32 length;
};

static struct lines *all[CHIPS];
static DEFINE_MUTEX(turn);		/* of those who send: one message is under way */
static DECLARE_WAIT_QUEUE_HEAD(changed);
static u8 message[sizeof(struct head) + PIECE];
static size_t size, taken;
static bool acknowledged, attached;

static int send(u8 kind, u8 chip, u8 line, u8 value, const u8 *bytes, u32 length)
{
	struct head head = { kind, chip, line, value, cpu_to_le32(length) };
	int result = -EIO;

	mutex_lock(&turn);
	if (attached) {
		memcpy(message, &head, sizeof(head));
		if (length)
			memcpy(message + sizeof(head), bytes, length);
		acknowledged = false;
		taken = 0;
		smp_store_release(&size, sizeof(head) + length);
		wake_up_all(&changed);
		if (wait_event_timeout(changed, READ_ONCE(acknowledged), PATIENCE))
			result = 0;
		smp_store_release(&size, 0);
	}
	mutex_unlock(&turn);
	return result;
}

/* Lines */

static int get_direction(struct gpio_chip *chip, unsigned int line)
{
	struct lines *lines = gpiochip_get_data(chip);

	return test_bit(line, &lines->outputs) ? GPIO_LINE_DIRECTION_OUT : GPIO_LINE_DIRECTION_IN;
}

static int direction_input(struct gpio_chip *chip, unsigned int line)
{
	struct lines *lines = gpiochip_get_data(chip);

	clear_bit(line, &lines->outputs);
	return 0;
}

static void set(struct gpio_chip *chip, unsigned int line, int value)
{
	struct lines *lines = gpiochip_get_data(chip);

	assign_bit(line, &lines->levels, value);
	send('O', lines->number, line, !!value, NULL, 0);
}

static int direction_output(struct gpio_chip *chip, unsigned int line, int value)
{
	struct lines *lines = gpiochip_get_data(chip);

	set_bit(line, &lines->outputs);
	set(chip, line, value);
	return 0;
}

static int get(struct gpio_chip *chip, unsigned int line)
{
	struct lines *lines = gpiochip_get_data(chip);

	return test_bit(line, &lines->levels);
}

static void irq_off(struct irq_data *data)
{
	struct gpio_chip *chip = irq_data_get_irq_chip_data(data);
	struct lines *lines = gpiochip_get_data(chip);

	set_bit(irqd_to_hwirq(data), &lines->masked);
	gpiochip_disable_irq(chip, irqd_to_hwirq(data));
}

static void irq_on(struct irq_data *data)
{
	struct gpio_chip *chip = irq_data_get_irq_chip_data(data);
	struct lines *lines = gpiochip_get_data(chip);

	gpiochip_enable_irq(chip, irqd_to_hwirq(data));
	clear_bit(irqd_to_hwirq(data), &lines->masked);
}

static int irq_type(struct irq_data *data, unsigned int type)
{
	struct lines *lines = gpiochip_get_data(irq_data_get_irq_chip_data(data));

	lines->type[irqd_to_hwirq(data)] = type & IRQ_TYPE_EDGE_BOTH;
	return type & IRQ_TYPE_LEVEL_MASK ? -EINVAL : 0;
}

static const struct irq_chip edges = {
	.name = "mapio-board",
	.irq_mask = irq_off,
	.irq_unmask = irq_on,
	.irq_set_type = irq_type,
	.flags = IRQCHIP_IMMUTABLE,
	GPIOCHIP_IRQ_RESOURCE_HELPERS,
};

static void input(u8 number, u8 line, u8 value)
{
	struct lines *lines = number < CHIPS ? all[number] : NULL;
	u8 edge = value ? IRQ_TYPE_EDGE_RISING : IRQ_TYPE_EDGE_FALLING;

	if (!lines || line >= lines->chip.ngpio || test_bit(line, &lines->outputs) ||
	    !!test_bit(line, &lines->levels) == !!value)
		return;
	assign_bit(line, &lines->levels, value);
	if (lines->type[line] & edge && !test_bit(line, &lines->masked))
		generic_handle_irq_safe(irq_find_mapping(lines->chip.irq.domain, line));
}

static int lines_probe(struct platform_device *device)
{
	struct lines *lines = devm_kzalloc(&device->dev, sizeof(*lines), GFP_KERNEL);
	struct gpio_irq_chip *irq;
	int error;

	if (!lines)
		return -ENOMEM;
	error = device_property_read_u32(&device->dev, "mapio,number", &lines->number);
	if (error || lines->number >= CHIPS)
		return -EINVAL;
	lines->levels = lines->masked = ~0UL;
	lines->chip = (struct gpio_chip) {
		.label = dev_name(&device->dev),
		.parent = &device->dev,
		.owner = THIS_MODULE,
		.base = -1,
		.ngpio = LINES,
		.can_sleep = true,
		.get_direction = get_direction,
		.direction_input = direction_input,
		.direction_output = direction_output,
		.get = get,
		.set = set,
	};
	irq = &lines->chip.irq;
	gpio_irq_chip_set_chip(irq, &edges);
	irq->default_type = IRQ_TYPE_NONE;
	irq->handler = handle_simple_irq;
	error = devm_gpiochip_add_data(&device->dev, &lines->chip, lines);
	if (!error)
		all[lines->number] = lines;
	return error;
}

static const struct of_device_id lines_ids[] = { { .compatible = "mapio,board-lines" }, {} };
MODULE_DEVICE_TABLE(of, lines_ids);
static struct platform_driver lines_driver = {
	.probe = lines_probe,
	.driver = { .name = "mapio-board-lines", .of_match_table = lines_ids, .suppress_bind_attrs = true },
};

/* The bus */

static int transfer(struct spi_controller *bus, struct spi_message *spi)
{
	struct spi_transfer *part;

	list_for_each_entry(part, &spi->transfers, transfer_list) {
		u32 done, piece;

		for (done = 0; part->tx_buf && done < part->len && !spi->status; done += piece) {
			piece = min_t(u32, part->len - done, PIECE);
			spi->status = send('S', 0, 0, 0, part->tx_buf + done, piece);
		}
		if (part->rx_buf)
			memset(part->rx_buf, 0, part->len);	/* the panel has no MISO */
		spi->actual_length += part->len;
	}
	spi_finalize_current_message(bus);
	return 0;
}

static int prepare(struct spi_controller *bus, struct spi_message *spi)
{
	spi->status = 0;
	return 0;
}

static int bus_probe(struct platform_device *device)
{
	struct spi_controller *bus = devm_spi_alloc_host(&device->dev, 0);

	if (!bus)
		return -ENOMEM;
	bus->dev.of_node = device->dev.of_node;
	bus->bus_num = 0;
	bus->num_chipselect = 1;
	bus->mode_bits = SPI_MODE_X_MASK | SPI_CS_HIGH | SPI_NO_CS;
	bus->bits_per_word_mask = SPI_BPW_MASK(8);
	bus->prepare_message = prepare;
	bus->transfer_one_message = transfer;
	return devm_spi_register_controller(&device->dev, bus);
}

static const struct of_device_id bus_ids[] = { { .compatible = "mapio,board-spi" }, {} };
MODULE_DEVICE_TABLE(of, bus_ids);
static struct platform_driver bus_driver = {
	.probe = bus_probe,
	.driver = { .name = "mapio-board-spi", .of_match_table = bus_ids, .suppress_bind_attrs = true },
};

/* The other ends */

static int board_open(struct inode *inode, struct file *file)
{
	WRITE_ONCE(attached, true);
	return 0;
}

static ssize_t board_read(struct file *file, char __user *buffer, size_t room, loff_t *offset)
{
	size_t count;

	if (wait_event_interruptible(changed, smp_load_acquire(&size) > taken))
		return -ERESTARTSYS;
	count = min(room, size - taken);
	if (copy_to_user(buffer, message + taken, count))
		return -EFAULT;
	taken += count;
	return count;
}

static ssize_t board_write(struct file *file, const char __user *buffer, size_t length, loff_t *offset)
{
	u8 order[4];
	size_t done;

	for (done = 0; done + sizeof(order) <= length; done += sizeof(order)) {
		if (copy_from_user(order, buffer + done, sizeof(order)))
			return -EFAULT;
		if (order[0] == 'I') {
			input(order[1], order[2], order[3]);
		} else if (order[0] == 'K') {
			WRITE_ONCE(acknowledged, true);
			wake_up_all(&changed);
		}
	}
	return done ? done : -EINVAL;
}

static const struct file_operations board_file = {
	.owner = THIS_MODULE,
	.open = board_open,
	.read = board_read,
	.write = board_write,
};
static struct miscdevice board = { .minor = MISC_DYNAMIC_MINOR, .name = "board", .fops = &board_file };

/* While the kernel goes down, what carries the messages may go before the LEDs' driver sets them for the last time. */
static int detach(struct notifier_block *block, unsigned long action, void *data)
{
	WRITE_ONCE(attached, false);
	return NOTIFY_DONE;
}

static struct notifier_block goes_down = { .notifier_call = detach };

static int __init begin(void)
{
	int error = misc_register(&board);

	if (!error)
		error = register_reboot_notifier(&goes_down);
	if (error)
		return error;
	error = platform_driver_register(&lines_driver);
	if (!error)
		error = platform_driver_register(&bus_driver);
	return error;
}
module_init(begin);	/* and no module_exit: the board stays as long as the machine */

MODULE_DESCRIPTION("The lines and the SPI bus of a simulated board");
MODULE_LICENSE("Dual MIT/GPL");
