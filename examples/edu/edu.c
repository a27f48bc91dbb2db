// SPDX-License-Identifier: GPL-2.0
/*
 * An example of a driver with DMA buffers in a carveout, for an emulated device:
 * QEMU's `-device edu` (docs/specs/edu in its sources). Its DMA engine copies
 * between memory and an internal buffer of 4 KiB, and has addresses of 28 bits by
 * default.
 *
 * When the driver binds, it copies one buffer to the device and back into another,
 * and compares both; then it does the same with small blocks of a DMA pool. The
 * buffers, the pool and the reference to the carveout end with the device.
 */
#define pr_fmt(fmt) "carveout_edu: " fmt

#include <linux/dma-mapping.h>
#include <linux/err.h>
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

/* As large as the descriptors of many devices */
#define EDU_BLOCK_BYTES 64

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
 * @pool: small blocks
 */
struct edu {
	struct device *dev;
	void __iomem *regs;
	struct carveout *co;
	struct edu_buffer out;
	struct edu_buffer back;
	struct carve_dma_pool *pool;
};

static int edu_copy(struct edu *edu, u64 from, u64 to, size_t bytes,
		    u64 direction)
{
	u64 command;

	writeq(from, edu->regs + EDU_DMA_SOURCE);
	writeq(to, edu->regs + EDU_DMA_DESTINATION);
	writeq(bytes, edu->regs + EDU_DMA_COUNT);
	writeq(EDU_DMA_START | direction, edu->regs + EDU_DMA_COMMAND);
	return readq_poll_timeout(edu->regs + EDU_DMA_COMMAND, command,
				  !(command & EDU_DMA_START), EDU_POLL_US,
				  EDU_TIMEOUT_US);
}

static int edu_copy_out_and_back(struct edu *edu, const struct edu_buffer *out,
				 const struct edu_buffer *back, size_t bytes)
{
	unsigned int i;
	int ret;

	for (i = 0; i < bytes; i++)
		out->virt[i] = i * 7 + (i >> 8);
	ret = edu_copy(edu, out->addr, EDU_INSIDE, bytes, 0);
	if (!ret)
		ret = edu_copy(edu, EDU_INSIDE, back->addr, bytes,
			       EDU_DMA_TO_MEMORY);
	if (ret)
		return dev_err_probe(edu->dev, ret, "the engine doesn't end\n");
	for (i = 0; i < bytes; i++)
		if (back->virt[i] != out->virt[i])
			return dev_err_probe(edu->dev, -EIO,
					     "byte %u came back as %#x, not %#x\n",
					     i, back->virt[i], out->virt[i]);
	return 0;
}

static int edu_copy_buffers(struct edu *edu)
{
	edu->out.virt = carve_dmam_alloc_coherent(edu->co, edu->dev,
						  EDU_INSIDE_BYTES,
						  &edu->out.addr, GFP_KERNEL);
	if (!edu->out.virt)
		return -ENOMEM;
	edu->back.virt = carve_dmam_alloc_coherent(edu->co, edu->dev,
						   EDU_INSIDE_BYTES,
						   &edu->back.addr, GFP_KERNEL);
	if (!edu->back.virt)
		return -ENOMEM;
	return edu_copy_out_and_back(edu, &edu->out, &edu->back,
				     EDU_INSIDE_BYTES);
}

static int edu_copy_blocks(struct edu *edu)
{
	struct edu_buffer out, back;
	int ret = -ENOMEM;

	edu->pool = carve_dmam_pool_create(edu->co, "edu", edu->dev,
					   EDU_BLOCK_BYTES, EDU_BLOCK_BYTES, 0);
	if (!edu->pool)
		return -ENOMEM;
	out.virt = carve_dma_pool_alloc(edu->pool, GFP_KERNEL, &out.addr);
	back.virt = carve_dma_pool_zalloc(edu->pool, GFP_KERNEL, &back.addr);
	if (out.virt && back.virt)
		ret = edu_copy_out_and_back(edu, &out, &back, EDU_BLOCK_BYTES);
	/* NULL is ignored */
	carve_dma_pool_free(edu->pool, out.virt, out.addr);
	carve_dma_pool_free(edu->pool, back.virt, back.addr);
	return ret;
}

static int edu_use_carveout(struct edu *edu)
{
	int ret;

	edu->co = carve_devm_get(edu->dev, carveout);
	if (IS_ERR(edu->co))
		return dev_err_probe(edu->dev, PTR_ERR(edu->co),
				     "there is no such carveout\n");
	ret = edu_copy_buffers(edu);
	return ret ?: edu_copy_blocks(edu);
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
	dev_info(edu->dev, "%zu bytes went from %pad into the device and back to %pad\n",
		 (size_t)EDU_INSIDE_BYTES, &edu->out.addr, &edu->back.addr);
	return 0;
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
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("Example of a driver whose DMA buffers come from a carveout");
MODULE_AUTHOR("The carveout developers");
MODULE_LICENSE("GPL");
