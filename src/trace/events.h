/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: what the layers do, in the kernel's own ring buffer. Fields are
 * named after those of kmem and vmalloc, include/trace/events/ of the kernel.
 * See trace.c.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM carveout

#if !defined(_CARVE_TRACE_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _CARVE_TRACE_EVENTS_H

#include <linux/tracepoint.h>
#include <linux/types.h>

#include <trace/events/mmflags.h>

#include "compat/trace.h"

/* When the first one listens to an event that fast paths pass by, and the last no more */
int carve_trace_divert(void);
void carve_trace_undivert(void);

/*
 * carve_page_alloc - a block of pages was handed out
 *  carveout: name of the carveout
 *  pfn: its first page frame
 *  order: log2 of the number of pages
 *  gfp_flags: of the request
 *  short_lived: it lies among blocks that come and go
 *  call_site: who asked for it
 */
TRACE_EVENT_FN(carve_page_alloc,
	       TP_PROTO(const char *carveout, unsigned long pfn, unsigned int order,
			gfp_t gfp_flags, bool short_lived, unsigned long call_site),
	       TP_ARGS(carveout, pfn, order, gfp_flags, short_lived, call_site),
	       TP_STRUCT__entry(__string(carveout, carveout)
				__field(unsigned long, pfn)
				__field(unsigned int, order)
				__field(unsigned long, gfp_flags)
				__field(bool, short_lived)
				__field(unsigned long, call_site)),
	       TP_fast_assign(carve_compat_assign_str(carveout);
			      __entry->pfn = pfn;
			      __entry->order = order;
			      __entry->gfp_flags = (__force unsigned long)gfp_flags;
			      __entry->short_lived = short_lived;
			      __entry->call_site = call_site;
	       ),
	       TP_printk("carveout=%s pfn=0x%lx order=%u lifetime=%s gfp_flags=%s call_site=%pS",
			 __get_str(carveout), __entry->pfn, __entry->order,
			 __entry->short_lived ? "short" : "long",
			 show_gfp_flags(__entry->gfp_flags),
			 (void *)__entry->call_site),
	       carve_trace_divert, carve_trace_undivert
);

/*
 * carve_page_free - a block of pages was given back
 *  carveout: name of the carveout
 *  pfn: its first page frame
 *  order: log2 of the number of pages
 *  call_site: who gave it back
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
 * carve_object_alloc - an object of a cache was handed out
 *  call_site: who asked for it
 *  ptr: the object
 *  carveout: name of the carveout
 *  cache: name of the cache
 *  bytes_req: bytes asked for
 *  bytes_alloc: bytes of an object
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
 * carve_object_free - an object of a cache was given back
 *  call_site: who gave it back; 0 for a free after a grace period
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
 * carve_split - a free block was halved until its parts were of the order asked for
 *  carveout: name of the carveout
 *  pfn: its first page frame, and that of the first block taken
 *  order: that it had
 *  new_order: that of what is taken from it
 *  blocks: how many of these were taken; what is behind them is free
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
 * carve_merge - a block that came back was merged with its buddies
 *  carveout: name of the carveout
 *  pfn: first page frame of the free block that it is in now
 *  order: that it had
 *  new_order: that of the free block
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

DECLARE_EVENT_CLASS(carve_store,
		    TP_PROTO(const char *carveout, const char *store, unsigned int items),
		    TP_ARGS(carveout, store, items),
		    TP_STRUCT__entry(__string(carveout, carveout)
				     __string(store, store)
				     __field(unsigned int, items)),
		    TP_fast_assign(carve_compat_assign_str(carveout);
				   carve_compat_assign_str(store);
				   __entry->items = items;
		    ),
		    TP_printk("carveout=%s store=%s items=%u", __get_str(carveout),
			      __get_str(store), __entry->items)
);

/*
 * carve_refill - per-CPU stores got items from the layer behind
 *  carveout: name of the carveout
 *  store: name of the cache, or pages- and the order
 *  items: how many
 */
DEFINE_EVENT(carve_store, carve_refill,
	     TP_PROTO(const char *carveout, const char *store, unsigned int items),
	     TP_ARGS(carveout, store, items)
);

/*
 * carve_drain - per-CPU stores gave items back to the layer behind
 *  carveout: name of the carveout
 *  store: name of the cache, or pages- and the order
 *  items: how many
 */
DEFINE_EVENT(carve_store, carve_drain,
	     TP_PROTO(const char *carveout, const char *store, unsigned int items),
	     TP_ARGS(carveout, store, items)
);

/*
 * carve_fail - an allocation failed
 *  carveout: name of the carveout
 *  layer: where: page, object or area
 *  bytes_req: bytes asked for
 *  order: pages: log2 of their number; otherwise the order that they would take
 *  gfp_flags: of the request
 *  reason: why
 *  call_site: who asked
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
 *  addr: where it begins
 *  nr_pages: its length
 *  call_site: who asked for it
 */
DEFINE_EVENT(carve_area, carve_map,
	     TP_PROTO(const char *carveout, const void *addr, unsigned int nr_pages,
		      unsigned long call_site),
	     TP_ARGS(carveout, addr, nr_pages, call_site)
);

/*
 * carve_unmap - an area is about to be unmapped
 *  carveout: name of the carveout
 *  addr: where it begins
 *  nr_pages: its length
 *  call_site: who asked for it last
 */
DEFINE_EVENT(carve_area, carve_unmap,
	     TP_PROTO(const char *carveout, const void *addr, unsigned int nr_pages,
		      unsigned long call_site),
	     TP_ARGS(carveout, addr, nr_pages, call_site)
);

#endif /* _CARVE_TRACE_EVENTS_H */

/* Found as "trace/events.h", by the same -I as from our own files */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH trace
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
