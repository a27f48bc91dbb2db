# SPDX-License-Identifier: GPL-2.0
#
# Makefile - targets for building, installing and testing. Kbuild lists the objects; scripts/ has
# the tests and virtual machines. KDIR= builds for another kernel.

KDIR ?= /lib/modules/$(shell uname -r)/build
SIZE ?= 64M
# The release of that kernel; Debian's `make kernelrelease` prints another one
RELEASE = $(shell awk '$$2 == "UTS_RELEASE" { gsub("\"", "", $$3); print $$3 }' \
	$(KDIR)/include/generated/utsrelease.h)

.PHONY: modules clean install load unload demo shell test test-matrix test-kernels bench bench-here \
	check dkms-install dkms-remove help

##@ The module, on this machine
modules: $(KDIR)/Makefile ## build carveout.ko for the running kernel, or for KDIR=; make alone, too
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

clean: ## remove what was built, here and in build/
	find . -path ./build -prune -o -path ./.git -prune -o -type f \( -name '*.o' -o -name '*.ko' \
		-o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' -o -name '.*.d' \
		-o -name modules.order -o -name Module.symvers \) -exec rm -f {} +
	rm -rf build

install: modules ## install the module, and the headers and symbols for building clients
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(RELEASE)
	scripts/for-clients $(INSTALL_MOD_PATH)/lib/modules/$(RELEASE)/carveout

load: modules ## insmod the module with a carveout of SIZE=64M
	insmod carveout.ko size=$(SIZE)
	@dmesg | grep carveout: | tail -n 1

unload: ## rmmod the module
	rmmod carveout

dkms-install: $(KDIR)/Makefile ## have DKMS build and install the module, for new kernels too
	scripts/dkms install

dkms-remove: ## have DKMS remove the module
	scripts/dkms remove

deb: ## build the packages carveout-dkms and carveout-tools, in build/deb
	scripts/deb

##@ In a virtual machine (installs missing packages, and changes nothing else on this system)
demo: ## show every layer on a distribution's kernel; KERNEL=6.1, 6.12 or 7.2
	scripts/demo

shell: ## open a shell in a machine with the module loaded; KERNEL= as above
	scripts/shell

##@ Development
test: ## all KUnit suites and scenarios; KERNELS="um-7.2-debug um-7.2 6.1 6.12 7.2" chooses
	scripts/test

test-matrix: ## the same on all kernels, and scenarios for special machines; KERNELS= chooses
	scripts/test --matrix

test-kernels: ## load and use the module on each stock kernel and the newest source in the archive
	scripts/test --short

bench: ## compare with the kernel's allocators on 6.1, 6.12, 7.2, UML: build/bench.json, SVG
	scripts/bench

bench-here: modules ## the same on the running kernel, with insmod (as root)
	scripts/bench --here

check: ## style, sparse, kernel-doc, shellcheck, layers: all static checks
	scripts/check

help: ## print this list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(KDIR)/Makefile:
	@echo "There are no kernel headers in $(KDIR)."
	@echo "Install them (Debian: apt-get install linux-headers-$$(uname -r)), say where some are"
	@echo "with KDIR=, or try the module in a virtual machine: make demo"
	@exit 1
