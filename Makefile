# SPDX-License-Identifier: GPL-2.0
#
# Makefile - a front for people. What is built stands in Kbuild, and how tests and machines
# work in scripts/. Build for other kernels with KDIR=, as is usual.

KDIR ?= /lib/modules/$(shell uname -r)/build
SIZE ?= 64M

.PHONY: modules clean install load unload demo shell test test-matrix bench bench-here check \
	dkms-install dkms-remove help

##@ The module, on this machine
modules: $(KDIR)/Makefile ## build carveout.ko for the running kernel, or for KDIR=; make alone, too
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

clean: ## remove what was built, here and in build/
	find . -path ./build -prune -o -path ./.git -prune -o -type f \( -name '*.o' -o -name '*.ko' \
		-o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' -o -name '.*.d' \
		-o -name modules.order -o -name Module.symvers \) -exec rm -f {} +
	rm -rf build

install: modules ## install it among the running kernel's modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	depmod

load: modules ## insmod it, with a carveout of SIZE=64M
	insmod carveout.ko size=$(SIZE)
	@dmesg | grep carveout: | tail -n 1

unload: ## rmmod it
	rmmod carveout

dkms-install: $(KDIR)/Makefile ## have DKMS build and install it, for new kernels too
	scripts/dkms install

dkms-remove: ## have DKMS remove it
	scripts/dkms remove

##@ In a virtual machine (this system gets packages that are missing, and nothing else)
demo: ## the grand tour on a distribution's kernel; KERNEL=6.1, 6.12 or 7.2
	scripts/demo

shell: ## a machine to play with, the module loaded; KERNEL= as above
	scripts/shell

##@ Development
test: ## all KUnit suites and scenarios; KERNELS="um-7.2-debug 6.1 6.12 7.2" chooses
	scripts/test

test-matrix: ## the same on all kernels, and scenarios with special machines; KERNELS= chooses
	scripts/test --matrix

bench: ## timings beside native on 6.1, 6.12, 7.2 and User Mode Linux: build/bench.json, SVG
	scripts/bench

bench-here: modules ## the same on the running kernel, with insmod (as root)
	scripts/bench --here

check: ## style, sparse, kernel-doc, shellcheck, layers: all static checks
	scripts/check

help: ## this list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(KDIR)/Makefile:
	@echo "There are no kernel headers in $(KDIR)."
	@echo "Install them (Debian: apt-get install linux-headers-$$(uname -r)), say where some are"
	@echo "with KDIR=, or try the module in a virtual machine: make demo"
	@exit 1
