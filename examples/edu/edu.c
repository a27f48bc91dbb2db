// SPDX-License-Identifier: GPL-2.0
/*
 * An example of a driver with DMA buffers in a carveout, for an emulated device:
 * QEMU's `-device edu` (docs/specs/edu in its sources). Its DMA engine copies
 * between memory and an internal buffer of 4 KiB, and has addresses of 28 bits by
 * default.
 *
 * When the driver binds, it copies one buffer to the device and back into another,
 * compares both, and keeps the buffers until it unbinds.
 */
#define pr_fmt(fmt) "carveout_edu: " fmt

#include <linux/dma-mapping.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include <carveout.h>

static char *carveout;
module_param(carveout, charp, 0444);
MODULE_PARM_DESC(carveout, "name of the carveout to use; the first one if not given");

static unsigned int bits = 28;
module_param(bits, uint, 0444);
MODULE_PARM_DESC(bits, "bits of the device's DMA addresses");

#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11e8

/* Registers */
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_DESTINATION 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_DMA_START BIT(0)
#define EDU_DMA_TO_MEMORY BIT(1)

/* Address of the internal buffer for the DMA engine */
#define EDU_INSIDE 0x40000
#define EDU_INSIDE_BYTES SZ_4K

/* A DMA transfer takes a tenth of a second */
#define EDU_POLL_US 1000
#define EDU_TIMEOUT_US (10 * USEC_PER_SEC)

/**
 * struct edu_buffer - memory shared by the CPUs and the device
 * @virt: address for the CPUs
 * @addr: address for the device
 */
struct edu_buffer {
	u8 *virt;
	dma_addr_t addr;
};

/**
 * struct edu - a device
 * @dev: its device in the driver core
 * @regs: its registers
 * @co: the carveout
 * @out: source of the copy to the device
 * @back: destination of the copy from the device
 */
struct edu {
	struct device *dev;
	void __iomem *regs;
	struct carveout *co;
	struct edu_buffer out;
	struct edu_buffer back;
};

static int edu_copy(struct edu *edu, u64 from, u64 to, u64 direction)
{
	u64 command;

	writeq(from, edu->regs + EDU_DMA_SOURCE);
	writeq(to, edu->regs + EDU_DMA_DESTINATION);
	writeq(EDU_INSIDE_BYTES, edu->regs + EDU_DMA_COUNT);
	writeq(EDU_DMA_START | direction, edu->regs + EDU_DMA_COMMAND);
	return readq_poll_timeout(edu->regs + EDU_DMA_COMMAND, command,
				  !(command & EDU_DMA_START), EDU_POLL_US,
				  EDU_TIMEOUT_US);
}

static int edu_copy_out_and_back(struct edu *edu)
{
	unsigned int i;
	int ret;

	for (i = 0; i < EDU_INSIDE_BYTES; i++)
		edu->out.virt[i] = i * 7 + (i >> 8);
	ret = edu_copy(edu, edu->out.addr, EDU_INSIDE, 0);
	if (!ret)
		ret = edu_copy(edu, EDU_INSIDE, edu->back.addr,
			       EDU_DMA_TO_MEMORY);
	if (ret)
		return dev_err_probe(edu->dev, ret, "the engine doesn't end\n");
	for (i = 0; i < EDU_INSIDE_BYTES; i++)
		if (edu->back.virt[i] != edu->out.virt[i])
			return dev_err_probe(edu->dev, -EIO,
					     "byte %u came back as %#x, not %#x\n",
					     i, edu->back.virt[i],
					     edu->out.virt[i]);
	return 0;
}

static int edu_take_buffer(struct edu *edu, struct edu_buffer *buffer)
{
	buffer->virt = carve_dma_alloc_coherent(edu->co, edu->dev,
						EDU_INSIDE_BYTES,
						&buffer->addr, GFP_KERNEL);
	return buffer->virt ? 0 : -ENOMEM;
}

/* NULL is ignored */
static void edu_give_back(struct edu *edu)
{
	carve_dma_free_coherent(edu->co, edu->dev, EDU_INSIDE_BYTES,
				edu->back.virt, edu->back.addr);
	carve_dma_free_coherent(edu->co, edu->dev, EDU_INSIDE_BYTES,
				edu->out.virt, edu->out.addr);
	carveout_put(edu->co);
}

static int edu_use_carveout(struct edu *edu)
{
	int ret;

	edu->co = carveout_get(carveout);
	if (!edu->co)
		return dev_err_probe(edu->dev, -ENODEV,
				     "there is no such carveout\n");
	ret = edu_take_buffer(edu, &edu->out);
	if (!ret)
		ret = edu_take_buffer(edu, &edu->back);
	if (!ret)
		ret = edu_copy_out_and_back(edu);
	if (ret)
		edu_give_back(edu);
	return ret;
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	int ret;

	if (!edu)
		return -ENOMEM;
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	edu->dev = &pdev->dev;
	edu->regs = pcim_iomap(pdev, 0, 0);
	if (!edu->regs)
		return -ENOMEM;
	pci_set_master(pdev);
	ret = dma_set_mask_and_coherent(edu->dev, DMA_BIT_MASK(bits));
	if (!ret)
		ret = edu_use_carveout(edu);
	if (ret)
		return ret;
	pci_set_drvdata(pdev, edu);
	dev_info(edu->dev, "%zu bytes went from %pad into the device and back to %pad\n",
		 (size_t)EDU_INSIDE_BYTES, &edu->out.addr, &edu->back.addr);
	return 0;
}

static void edu_remove(struct pci_dev *pdev)
{
	edu_give_back(pci_get_drvdata(pdev));
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(EDU_VENDOR, EDU_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "carveout_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("Example of a driver whose DMA buffers come from a carveout");
MODULE_AUTHOR("The carveout developers");
MODULE_LICENSE("GPL");
