// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the limits of user space: of the memory of an object, and of a user's
 * objects. Without a file.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/mm.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "user/buffer.h"

#define ANY_ORDER 3

/* Write a page at an offset, which stays until the object is closed */
static int write_at(struct carve_object *object, unsigned long at)
{
	struct page *page = carve_object_get_page_to_write(object, at);

	if (IS_ERR(page))
		return PTR_ERR(page);
	put_page(page);
	return 0;
}

static int write_pages(struct carve_object *object, unsigned long nr)
{
	unsigned long at;
	int ret = 0;

	for (at = 0; !ret && at < nr; at++)
		ret = write_at(object, at);
	return ret;
}

static void object_is_limited(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_fixture_open_object(test);
	struct carve_object *other = carve_fixture_open_object(test);

	co->user.quota.object = 4;
	KUNIT_EXPECT_EQ(test, write_pages(object, 4), 0);
	KUNIT_EXPECT_EQ(test, write_at(object, 4), -EDQUOT);
	KUNIT_EXPECT_EQ(test, write_at(object, 3), 0);
	KUNIT_EXPECT_EQ(test, write_pages(other, 4), 0);
	co->user.quota.object = 5;
	KUNIT_EXPECT_EQ(test, write_at(object, 4), 0);
	KUNIT_EXPECT_EQ(test, write_at(object, 5), -EDQUOT);
	co->user.quota.object = 2;
	KUNIT_EXPECT_EQ(test, write_at(object, 5), -EDQUOT);
	co->user.quota.object = 0;
	KUNIT_EXPECT_EQ(test, write_at(object, 5), 0);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 6UL);
	carve_object_close(object);
	carve_object_close(other);
}

static void user_is_limited(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_fixture_open_object(test);
	struct carve_object *other = carve_fixture_open_object(test);

	co->user.quota.uid = 4;
	KUNIT_EXPECT_EQ(test, write_pages(object, 3), 0);
	KUNIT_EXPECT_EQ(test, write_pages(other, 2), -EDQUOT);
	KUNIT_EXPECT_EQ(test, other->nr_pages, 1UL);
	KUNIT_EXPECT_EQ(test, write_at(object, 3), -EDQUOT);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, write_pages(other, 4), 0);
	KUNIT_EXPECT_EQ(test, write_at(other, 4), -EDQUOT);
	carve_object_close(other);
	KUNIT_EXPECT_TRUE(test, list_empty(&co->user.owners));
}

/* Opened by a task of another user */
static struct carve_object *open_as(struct kunit *test, uid_t uid)
{
	struct cred *cred = prepare_creds();
	struct carve_object *object;
	const struct cred *old;

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cred->uid = KUIDT_INIT(uid);
	old = override_creds(cred);
	object = carve_fixture_open_object(test);
	revert_creds(old);
	put_cred(cred);
	return object;
}

static void users_are_limited_apart(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = open_as(test, 1000);
	struct carve_object *other = open_as(test, 1001);
	struct carve_object *more = open_as(test, 1000);

	co->user.quota.uid = 4;
	KUNIT_EXPECT_EQ(test, write_pages(object, 5), -EDQUOT);
	KUNIT_EXPECT_EQ(test, write_at(more, 0), -EDQUOT);
	/* The user who opened it first is charged, whoever writes */
	KUNIT_EXPECT_EQ(test, write_pages(other, 4), 0);
	KUNIT_EXPECT_EQ(test, write_at(other, 4), -EDQUOT);
	KUNIT_EXPECT_PTR_EQ(test, object->owner, more->owner);
	KUNIT_EXPECT_PTR_NE(test, object->owner, other->owner);
	KUNIT_EXPECT_FALSE(test, list_is_singular(&co->user.owners));
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, write_pages(more, 4), 0);
	carve_object_close(more);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&co->user.owners));
	carve_object_close(other);
}

/* Pages that no mapping covers, and that aren't written to stay, are idle */
static void idle_pages_are_freed_first(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_fixture_open_object(test);
	unsigned long at;

	co->user.quota.object = 4;
	for (at = 0; at < 20; at++) {
		struct page *page = carve_object_get_page(object, at);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
		put_page(page);
		KUNIT_EXPECT_LE(test, object->nr_pages, 4UL);
	}
	carve_object_close(object);
}

static void buffers_are_limited(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_fixture_open_object(test);

	co->user.quota.object = 10;
	/* A block of 8 pages for 6: these are charged */
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 0, 6, ANY_ORDER), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&object->nr_charged), 6L);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 8, 5, ANY_ORDER), -EDQUOT);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 8, 16, 1), -EDQUOT);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 6UL);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 8, 4, ANY_ORDER), 0);
	KUNIT_EXPECT_NULL(test, carve_object_get_huge(object, 16, ANY_ORDER));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 10UL);
	co->user.quota.object = 18;
	KUNIT_EXPECT_NOT_NULL(test, carve_object_get_huge(object, 16, ANY_ORDER));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&object->nr_charged), 18L);
	carve_object_close(object);
}

/* What isn't inserted is uncharged */
static void failed_allocations_are_not_charged(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_fixture_open_object(test);
	unsigned long all = co->pages.nr_pages;
	struct carve_page *taken;

	KUNIT_EXPECT_EQ(test, write_at(object, 3), 0);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 0, 4, 0), -EEXIST);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 8, all, ANY_ORDER), -ENOMEM);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&object->nr_charged), 1L);
	taken = carve_fixture_take_pages(co);
	KUNIT_EXPECT_EQ(test, write_at(object, 4), -ENOMEM);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 8, 8, ANY_ORDER), -ENOMEM);
	KUNIT_EXPECT_NULL(test, carve_object_get_huge(object, 8, ANY_ORDER));
	carve_fixture_give_pages(co, taken);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&object->nr_charged), 1L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&object->owner->nr_pages), 1L);
	carve_object_close(object);
}

static struct kunit_case user_quota_cases[] = {
	KUNIT_CASE(object_is_limited),
	KUNIT_CASE(user_is_limited),
	KUNIT_CASE(users_are_limited_apart),
	KUNIT_CASE(idle_pages_are_freed_first),
	KUNIT_CASE(buffers_are_limited),
	KUNIT_CASE(failed_allocations_are_not_charged),
	{ }
};

static struct kunit_suite user_quota_suite = {
	.name = "carveout_user_quota",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = user_quota_cases,
};

kunit_test_suite(user_quota_suite);
