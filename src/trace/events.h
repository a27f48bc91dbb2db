/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints. Fields are named as in the kernel's include/trace/events/kmem.h
 * and vmalloc.h. See trace.c.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM carveout

#if !defined(_CARVE_TRACE_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _CARVE_TRACE_EVENTS_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#include <trace/events/mmflags.h>

#include "compat/trace.h"
#include "trace/trace.h"

/*
 * carve_page_alloc - a block of pages was allocated
 *  carveout: name of the carveout
 *  pfn: its first page frame
 *  order: log2 of the number of pages
 *  gfp_flags: of the request
 *  reclaimable: its migratetype; otherwise it is unmovable
 *  call_site: caller of the allocation
 */
TRACE_EVENT_FN(carve_page_alloc,
	       TP_PROTO(const char *carveout, unsigned long pfn, unsigned int order,
			gfp_t gfp_flags, bool reclaimable, unsigned long call_site),
	       TP_ARGS(carveout, pfn, order, gfp_flags, reclaimable, call_site),
	       TP_STRUCT__entry(__string(carveout, carveout)
				__field(unsigned long, pfn)
				__field(unsigned int, order)
				__field(unsigned long, gfp_flags)
				__field(bool, reclaimable)
				__field(unsigned long, call_site)),
	       TP_fast_assign(carve_compat_assign_str(carveout);
			      __entry->pfn = pfn;
			      __entry->order = order;
			      __entry->gfp_flags = (__force unsigned long)gfp_flags;
			      __entry->reclaimable = reclaimable;
			      __entry->call_site = call_site;
	       ),
	       TP_printk("carveout=%s pfn=0x%lx order=%u migratetype=%s gfp_flags=%s call_site=%pS",
			 __get_str(carveout), __entry->pfn, __entry->order,
			 __entry->reclaimable ? "reclaimable" : "unmovable",
			 show_gfp_flags(__entry->gfp_flags),
			 (void *)__entry->call_site),
	       carve_trace_divert, carve_trace_undivert
);

/*
 * carve_page_free - a block of pages was freed
 *  carveout: name of the carveout
 *  pfn: its first page frame
 *  order: log2 of the number of pages
 *  call_site: caller of the free
 */
TRACE_EVENT_FN(carve_page_free,
	       TP_PROTO(const char *carveout, unsigned long pfn, unsigned int order,
			unsigned long call_site),
	       TP_ARGS(carveout, pfn, order, call_site),
	       TP_STRUCT__entry(__string(carveout, carveout)
				__field(unsigned long, pfn)
				__field(unsigned int, order)
				__field(unsigned long, call_site)),
	       TP_fast_assign(carve_compat_assign_str(carveout);
			      __entry->pfn = pfn;
			      __entry->order = order;
			      __entry->call_site = call_site;
	       ),
	       TP_printk("carveout=%s pfn=0x%lx order=%u call_site=%pS",
			 __get_str(carveout), __entry->pfn, __entry->order,
			 (void *)__entry->call_site),
	       carve_trace_divert, carve_trace_undivert
);

/*
 * carve_object_alloc - an object of a cache was allocated
 *  call_site: caller of the allocation
 *  ptr: the object
 *  carveout: name of the carveout
 *  cache: name of the cache
 *  bytes_req: requested size in bytes
 *  bytes_alloc: size of the object in bytes
 *  gfp_flags: of the request
 */
TRACE_EVENT_FN(carve_object_alloc,
	       TP_PROTO(unsigned long call_site, const void *ptr,
			const char *carveout, const char *cache, size_t bytes_req,
			size_t bytes_alloc, gfp_t gfp_flags),
	       TP_ARGS(call_site, ptr, carveout, cache, bytes_req, bytes_alloc,
		       gfp_flags),
	       TP_STRUCT__entry(__field(unsigned long, call_site)
				__field(const void *, ptr)
				__string(carveout, carveout)
				__string(cache, cache)
				__field(size_t, bytes_req)
				__field(size_t, bytes_alloc)
				__field(unsigned long, gfp_flags)),
	       TP_fast_assign(__entry->call_site = call_site;
			      __entry->ptr = ptr;
			      carve_compat_assign_str(carveout);
			      carve_compat_assign_str(cache);
			      __entry->bytes_req = bytes_req;
			      __entry->bytes_alloc = bytes_alloc;
			      __entry->gfp_flags = (__force unsigned long)gfp_flags;
	       ),
	       TP_printk("call_site=%pS ptr=%p carveout=%s cache=%s bytes_req=%zu bytes_alloc=%zu gfp_flags=%s",
			 (void *)__entry->call_site, __entry->ptr,
			 __get_str(carveout), __get_str(cache), __entry->bytes_req,
			 __entry->bytes_alloc, show_gfp_flags(__entry->gfp_flags)),
	       carve_trace_divert, carve_trace_undivert
);

/*
 * carve_object_free - an object of a cache was freed
 *  call_site: caller of the free; 0 for a free after a grace period
 *  ptr: the object
 *  carveout: name of the carveout
 *  cache: name of the cache
 */
TRACE_EVENT_FN(carve_object_free,
	       TP_PROTO(unsigned long call_site, const void *ptr,
			const char *carveout, const char *cache),
	       TP_ARGS(call_site, ptr, carveout, cache),
	       TP_STRUCT__entry(__field(unsigned long, call_site)
				__field(const void *, ptr)
				__string(carveout, carveout)
				__string(cache, cache)),
	       TP_fast_assign(__entry->call_site = call_site;
			      __entry->ptr = ptr;
			      carve_compat_assign_str(carveout);
			      carve_compat_assign_str(cache);
	       ),
	       TP_printk("call_site=%pS ptr=%p carveout=%s cache=%s",
			 (void *)__entry->call_site, __entry->ptr,
			 __get_str(carveout), __get_str(cache)),
	       carve_trace_divert, carve_trace_undivert
);

/*
 * carve_split - a free block was split to the requested order
 *  carveout: name of the carveout
 *  pfn: its first page frame, also of the first block allocated
 *  order: its order before
 *  new_order: order of the blocks allocated from it
 *  blocks: number of these blocks; the remainder behind them is free
 */
TRACE_EVENT(carve_split,
	    TP_PROTO(const char *carveout, unsigned long pfn, unsigned int order,
		     unsigned int new_order, unsigned int blocks),
	    TP_ARGS(carveout, pfn, order, new_order, blocks),
	    TP_STRUCT__entry(__string(carveout, carveout)
			     __field(unsigned long, pfn)
			     __field(unsigned int, order)
			     __field(unsigned int, new_order)
			     __field(unsigned int, blocks)),
	    TP_fast_assign(carve_compat_assign_str(carveout);
			   __entry->pfn = pfn;
			   __entry->order = order;
			   __entry->new_order = new_order;
			   __entry->blocks = blocks;
	    ),
	    TP_printk("carveout=%s pfn=0x%lx order=%u new_order=%u blocks=%u",
		      __get_str(carveout), __entry->pfn, __entry->order,
		      __entry->new_order, __entry->blocks)
);

/*
 * carve_merge - a freed block was merged with its buddies
 *  carveout: name of the carveout
 *  pfn: first page frame of the merged block
 *  order: order of the freed block
 *  new_order: order of the merged block
 */
TRACE_EVENT(carve_merge,
	    TP_PROTO(const char *carveout, unsigned long pfn, unsigned int order,
		     unsigned int new_order),
	    TP_ARGS(carveout, pfn, order, new_order),
	    TP_STRUCT__entry(__string(carveout, carveout)
			     __field(unsigned long, pfn)
			     __field(unsigned int, order)
			     __field(unsigned int, new_order)),
	    TP_fast_assign(carve_compat_assign_str(carveout);
			   __entry->pfn = pfn;
			   __entry->order = order;
			   __entry->new_order = new_order;
	    ),
	    TP_printk("carveout=%s pfn=0x%lx order=%u new_order=%u",
		      __get_str(carveout), __entry->pfn, __entry->order,
		      __entry->new_order)
);

DECLARE_EVENT_CLASS(carve_pcp,
		    TP_PROTO(const char *carveout, const char *pcp, unsigned int items),
		    TP_ARGS(carveout, pcp, items),
		    TP_STRUCT__entry(__string(carveout, carveout)
				     __string(pcp, pcp)
				     __field(unsigned int, items)),
		    TP_fast_assign(carve_compat_assign_str(carveout);
				   carve_compat_assign_str(pcp);
				   __entry->items = items;
		    ),
		    TP_printk("carveout=%s pcp=%s items=%u", __get_str(carveout),
			      __get_str(pcp), __entry->items)
);

/*
 * carve_refill - per-CPU lists were refilled from the backing layer
 *  carveout: name of the carveout
 *  pcp: name of the cache, or pages- and the order
 *  items: number of objects or blocks
 */
DEFINE_EVENT(carve_pcp, carve_refill,
	     TP_PROTO(const char *carveout, const char *pcp, unsigned int items),
	     TP_ARGS(carveout, pcp, items)
);

/*
 * carve_drain - per-CPU lists were drained to the backing layer
 *  carveout: name of the carveout
 *  pcp: name of the cache, or pages- and the order
 *  items: number of objects or blocks
 */
DEFINE_EVENT(carve_pcp, carve_drain,
	     TP_PROTO(const char *carveout, const char *pcp, unsigned int items),
	     TP_ARGS(carveout, pcp, items)
);

/*
 * carve_fail - an allocation failed
 *  carveout: name of the carveout
 *  layer: page, object or area
 *  bytes_req: requested size in bytes
 *  order: requested order for pages, otherwise get_order() of @bytes_req
 *  gfp_flags: of the request
 *  reason: why it failed
 *  call_site: caller of the allocation
 */
TRACE_EVENT(carve_fail,
	    TP_PROTO(const char *carveout, const char *layer, size_t bytes_req,
		     unsigned int order, gfp_t gfp_flags, const char *reason,
		     unsigned long call_site),
	    TP_ARGS(carveout, layer, bytes_req, order, gfp_flags, reason,
		    call_site),
	    TP_STRUCT__entry(__string(carveout, carveout)
			     __string(layer, layer)
			     __field(size_t, bytes_req)
			     __field(unsigned int, order)
			     __field(unsigned long, gfp_flags)
			     __string(reason, reason)
			     __field(unsigned long, call_site)),
	    TP_fast_assign(carve_compat_assign_str(carveout);
			   carve_compat_assign_str(layer);
			   __entry->bytes_req = bytes_req;
			   __entry->order = order;
			   __entry->gfp_flags = (__force unsigned long)gfp_flags;
			   carve_compat_assign_str(reason);
			   __entry->call_site = call_site;
	    ),
	    TP_printk("carveout=%s layer=%s bytes_req=%zu order=%u gfp_flags=%s call_site=%pS reason=%s",
		      __get_str(carveout), __get_str(layer), __entry->bytes_req,
		      __entry->order, show_gfp_flags(__entry->gfp_flags),
		      (void *)__entry->call_site, __get_str(reason))
);

DECLARE_EVENT_CLASS(carve_area,
		    TP_PROTO(const char *carveout, const void *addr, unsigned int nr_pages,
			     unsigned long call_site),
		    TP_ARGS(carveout, addr, nr_pages, call_site),
		    TP_STRUCT__entry(__string(carveout, carveout)
				     __field(const void *, addr)
				     __field(unsigned int, nr_pages)
				     __field(unsigned long, call_site)),
		    TP_fast_assign(carve_compat_assign_str(carveout);
				   __entry->addr = addr;
				   __entry->nr_pages = nr_pages;
				   __entry->call_site = call_site;
		    ),
		    TP_printk("carveout=%s addr=%p nr_pages=%u call_site=%pS",
			      __get_str(carveout), __entry->addr, __entry->nr_pages,
			      (void *)__entry->call_site)
);

/*
 * carve_map - an area was mapped
 *  carveout: name of the carveout
 *  addr: its first address
 *  nr_pages: its length in pages
 *  call_site: caller of the allocation
 */
DEFINE_EVENT(carve_area, carve_map,
	     TP_PROTO(const char *carveout, const void *addr, unsigned int nr_pages,
		      unsigned long call_site),
	     TP_ARGS(carveout, addr, nr_pages, call_site)
);

/*
 * carve_unmap - an area is about to be unmapped
 *  carveout: name of the carveout
 *  addr: its first address
 *  nr_pages: its length in pages
 *  call_site: caller of its last allocation
 */
DEFINE_EVENT(carve_area, carve_unmap,
	     TP_PROTO(const char *carveout, const void *addr, unsigned int nr_pages,
		      unsigned long call_site),
	     TP_ARGS(carveout, addr, nr_pages, call_site)
);

#endif /* _CARVE_TRACE_EVENTS_H */

/* <trace/define_trace.h> includes trace/events.h, found by the -I of src/ */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH trace
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
