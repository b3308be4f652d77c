/* The inside of the loader, shared by its files:
 *   loader.c          opening, closing, epochs, handing out batches
 *   loader_whole.c    whole samples, for validation
 *   loader_once.c     whole samples that are used once each
 *   loader_work.c     the threads: what to do next, and what follows when it is done
 *   loader_wait.c     waiting for them: what is waited for, how long, and when that is too long
 *   loader_rotate.c   R and k, when they are chosen after the first epoch
 *   loader_ahead.c    what to do first, what to prepare ahead, and places that are free before the epoch ends
 *   loader_prepare.c  the prefix: entries of the store, rotation
 *   loader_batch.c    slots: batches that are being filled
 *   loader_pick.c     what can be done for a batch: volumes to fetch, crops to cut
 *   loader_cut.c      doing it
 *   loader_bad.c      items that cannot be prepared, and what serves in their place
 *
 * One mutex guards what changes; nothing slow runs under it. Threads pick a task under the lock, run it without, and
 * report under the lock. Batches are filled in a ring of slots; work goes to the batches that are needed soon, then to
 * preparing ahead, then to the other batches.
 *
 * An entry is the prepared sample of a stream position: ABSENT -> PREPARING -> READY (in the store) or FAILED. The
 * table holds this rank's positions of an epoch's window, [sR, sR + N + R); with W ranks it has (N + R)/W places, and
 * position p is at index p/W mod (N + R)/W. A position that leaves may make way for the one N + R later as soon as its
 * last crop is cut. A failure of background work is not reported: the item is tried again when
 * a batch needs it, and what goes wrong then ends the batch, or quarantines the item. So errors, too, come in a fixed
 * order.
 *
 * Where all steps of an epoch are in slots and some slots are left, those get the first steps of the next one, so that
 * its first batches are made while the last ones are used. They are cut from what is in the store only; the epoch that
 * is begun next takes them over, or they are thrown away.
 *
 * A hold is a volume in a batch, until its last crop: NEEDED -> HELD -> OVER. What the store has is pinned there, which takes no
 * longer than to look it up; what it has not is FETCHING in between. Where bad items are skipped, a hold whose item fails
 * is NEEDED again, with the item that serves instead.
 *
 * A thread is lost when the prefix it is in takes longer than item_deadline: its task is ended with an error, another
 * thread takes its place, and what it comes back with, if it does, is not wanted. So until a prefix is over its thread
 * writes nothing but what is its own. */
#ifndef MM_CACHE_LOADER_INTERNAL_H
#define MM_CACHE_LOADER_INTERNAL_H

#include <pthread.h>

#include "base/leave.h"
#include "base/threads.h"
#include "cache/batch.h"
#include "cache/disk.h"
#include "cache/policy.h"
#include "cache/store.h"

/* Key positions from here on are whole samples by item, apart from the stream. */
#define WHOLE_SAMPLES ((uint64_t)1 << 63)

enum entry_state { ENTRY_ABSENT, ENTRY_PREPARING, ENTRY_READY, ENTRY_FAILED };

struct entry {
    struct mm_store_key key;
    enum entry_state state;
    bool has_left;            /* the store still holds what had this place before: */
    struct mm_store_key left; /* who prepares the entry drops that first           */
};

enum hold_state { HOLD_NEEDED, HOLD_FETCHING, HOLD_HELD, HOLD_OVER };

struct hold {
    struct mm_store_key key;
    enum hold_state state;
    bool is_pinned; /* in the store; otherwise the sample is in the arena */
    struct mm_arena arena;
    const struct mm_sample *sample;
    uint32_t started, cut; /* crops given to threads, crops done */
    bool is_bad;           /* a crop failed, and the item is skipped: no more are started */
};

enum slot_state { SLOT_FREE, SLOT_FILLING, SLOT_READY };

struct slot {
    enum slot_state state;
    uint32_t epoch, step, hold_count, sample_count;
    uint32_t started, done; /* samples */
    struct hold *holds;     /* [volumes] */
    struct mm_batch_writer *writer;
    const struct mm_batch *batch;
    uint32_t failed; /* the first sample that failed; its error follows. Valid when the status is not MM_OK */
    enum mm_status status;
    struct mm_error error;
};

enum task_kind { TASK_FETCH, TASK_CUT, TASK_PREPARE, TASK_WHOLE };

#define CROPS_MAX 16 /* of a task */

struct task {
    enum task_kind kind;
    struct mm_store_key key; /* of TASK_CUT: of the first crop's volume */
    struct slot *slot;
    uint32_t hold;                       /* of TASK_FETCH */
    uint32_t first, count;               /* of TASK_CUT: crops that lie behind one another in the batch  */
    struct mm_store_key soon[CROPS_MAX]; /* the volumes that are in the same place a batch later, as far as known: */
    uint32_t soon_count;                 /* those of the volumes that the task begins                    */
    bool is_long;                        /* a prefix */
    bool is_bad;                         /* the item, when the task was picked */
    struct request *request;
};

/* A whole sample that a caller waits for. */
struct request {
    struct request *next;
    struct mm_store_key key;
    bool is_done, is_unwanted; /* unwanted: the caller is gone, whoever ends it frees it */
    enum mm_status status;
    struct mm_error error;
    struct mm_arena arena; /* of the sample */
    const struct mm_sample *sample;
};

struct worker {
    struct mm_loader *loader;
    struct worker *next;
    pthread_t thread;
    struct mm_arena scratch; /* of one task */
    struct mm_leave leave;
    struct mm_chain_watch watch;
    _Atomic uint32_t item; /* that is worked at */
    struct mm_error error; /* of a crop; it is large, so it is not cleared for each */
    /* Under the mutex. */
    struct task task;
    double since;     /* the task was begun; 0: there is none */
    bool is_measured; /* the task, for the trial */
    double kernel;    /* mm_clock_kernel when it was begun */
    bool is_preparing, is_lost;
    bool is_over; /* the thread ends    */
    bool is_left; /* it will never come back */
};

/* An item that cannot be prepared. */
struct bad_item {
    uint32_t item;
    enum mm_status status;
    char *text;
};

/* What an epoch's items and crops took the threads, in seconds. Time in the kernel is left out: in a run's first epoch
 * most of that goes into new memory, which later ones take over from what leaves. */
struct trial {
    uint32_t count;
    double items, squares;            /* of `count` items kept; the squares of each */
    uint32_t steps;                   /* from where the epoch was begun; where R is to be chosen also their crops, */
    double crops, alone;              /* and of those the ones that were cut while no thread prepared an item, */
    uint32_t crop_count, alone_count; /* of which there are so many */
};

struct mm_loader {
    /* Fixed. */
    const struct mm_source *source;
    uint64_t seed;
    bool is_shuffled, skips;
    bool is_once;         /* whole samples are used once, in order */
    double item_deadline; /* seconds; 0: none */
    bool (*interrupted)(void);
    void (*waiting)(void *context, double seconds, const char *text);
    void *waiting_context;
    double waiting_after;
    struct mm_cache_plan plan;
    uint32_t rank, ranks;    /* w of W                       */
    uint32_t kept, replaced; /* N/W and R/W: of this rank    */
    uint32_t window;         /* kept + replaced              */
    struct mm_policy *policy;
    struct mm_store *store;
    uint32_t *twins;      /* the store's */
    bool unpacks;         /* the random transforms begin with one that wants dense images */
    struct mm_disk *disk; /* NULL: none */
    struct mm_batch_rules rules;
    const char *field_names[MM_BATCH_FIELDS_MAX];
    unsigned threads;        /* that work; the lost ones are not counted */
    struct worker *workers;  /* all that were started */
    struct mm_budget budget; /* atomic */

    pthread_mutex_t mutex;
    pthread_cond_t work, progress; /* there may be a task; something was done */
    /* Under the mutex. */
    bool is_closing, is_paused; /* paused: no task of a slot is given out */
    unsigned busy;              /* threads in tasks of slots              */
    unsigned busy_long;         /* threads in a prefix                    */
    bool is_begun;
    uint32_t epoch;
    uint64_t *positions;             /* [N] of the epoch, as the policy orders them */
    struct mm_store_key *order;      /* [kept] this rank's with their items, in order of use */
    struct mm_store_key *order_next; /* of the next epoch                     */
    bool knows_next;                 /* that is made                          */
    /* The next epoch before which items are replaced, and its order: `order_next`, or that of a later epoch. */
    uint64_t entering_at;
    const struct mm_store_key *entering;
    struct mm_store_key *order_later; /* [kept] of epoch `order_later_of`; 0: of none */
    uint64_t order_later_of;
    bool has_next;         /* slots may get steps of the next epoch */
    struct entry *entries; /* [window] */
    bool is_full;          /* the store refused a sample: nothing more is prepared ahead */
    bool was_full;         /* it ever did: an entry may be ready without being in the store */
    uint32_t missing;      /* of the epoch's own items: not ready */
    uint64_t *freed;       /* [window] positions that got the places of those which leave */
    uint32_t freed_count;
    uint32_t ahead;                          /* of `order`, `entering` and `freed` together: how much was given out */
    double step_mean, prefix_mean, cut_mean; /* seconds, lately: a step of the caller's, an item's prefix, a crop */
    double handed_at;                        /* when the caller got the batch that it uses; 0: it uses none       */
    uint32_t slot_count;
    struct slot *slots; /* step s is in slots[(turn + s) % slot_count] */
    uint32_t turn;
    /* Steps: first in a slot, next to hand out, first not in a slot; those behind the last are the next epoch's. */
    uint32_t oldest, next, assigned;
    struct entry *wholes;           /* [N] whole samples of items 0..N-1 */
    uint32_t whole_next, whole_end; /* of them: to prepare ahead, every W-th */
    uint64_t working;               /* the most memory that preparing an item took yet */
    struct request *requests, **last_request;
    struct bad_item *bad; /* [T] as they were found */
    uint32_t bad_count;
    bool *is_bad;          /* [T] */
    enum mm_status status; /* of the threads: one could not be started, its error follows */
    struct mm_error error;
    struct trial trial;                       /* of this epoch */
    struct mm_loader_stats stats, stats_next; /* next: what was done for the next epoch already */
    struct mm_disk_stats disk_before;         /* the epoch's start */
};

/* What a caller waits for, since when, and when it is told next. */
struct wait {
    const struct slot *slot; /* a batch, else a task of that item */
    uint32_t item;           /* NO_ITEM: whatever runs            */
    double since, tell;
};
#define NO_ITEM UINT32_MAX

/* loader_prepare.c; `locked` functions are called under the mutex. */
struct entry *mm_loader_entry_locked(struct mm_loader *loader, uint64_t position); /* of a position in the window */
/* Is an entry being prepared that the epoch's window has no place for? */
bool mm_loader_leaving_locked(const struct mm_loader *loader, uint32_t epoch);
/* Gives the table to the positions of the epoch's window; only when nothing is leaving. */
void mm_loader_move_window_locked(struct mm_loader *loader, uint32_t epoch);
/* Gives the entry, which is not needed any more in this epoch, to the position that is a window later. */
void mm_loader_free_entry_locked(struct mm_loader *loader, struct entry *entry);
void mm_loader_prepared_locked(struct mm_loader *loader, const struct mm_store_key *key, bool is_done);
/* Gives the entry of a position to another item. */
void mm_loader_replace_entry_locked(struct mm_loader *loader, uint64_t position, uint32_t item);
/* The three that follow fail with MM_INTERRUPTED on a lost thread, having written nothing.
 * Makes the prepared sample of an item in the thread's own arena, with all that was needed on the way. */
enum mm_status mm_loader_run_prefix(struct worker *worker, uint32_t item, struct mm_sample **out,
                                    struct mm_error *err);
/* The same, put into the store; not kept: there is no room for it. *out is to be used only where it is not. */
enum mm_status mm_loader_prepare(struct worker *worker, const struct mm_store_key *key, struct mm_sample **out,
                                 bool *is_kept, struct mm_error *err);
/* Gives the task's hold its prepared sample: a view of the store's, pinned (a hit, if it was there), else prepared now. */
enum mm_status mm_loader_take(struct worker *worker, const struct task *task, bool *is_hit, struct mm_error *err);
/* A view of the store's; *out NULL when it is not there. */
enum mm_status mm_loader_find(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *arena,
                              struct mm_sample **out, struct mm_error *err);

/* loader_ahead.c */
void mm_loader_measure_locked(double *mean, double seconds);
/* The step before whose batch the next prefix is to be begun; that of the caller's next batch comes first. */
uint32_t mm_loader_due_locked(struct mm_loader *loader);
/* Would a prefix leave no thread for crops, and outlast the batches that are ready? */
bool mm_loader_is_short_locked(struct mm_loader *loader);
bool mm_loader_pick_ahead_locked(struct mm_loader *loader, struct task *task);
/* The epoch has begun, or R has changed: what is to be prepared, from the start. */
void mm_loader_look_ahead_locked(struct mm_loader *loader);
/* Does the memory certainly hold the whole window? */
bool mm_loader_holds_window(const struct mm_loader *loader);
/* The hold is used up: where its item leaves, the place goes to another. And all that were before the epoch was begun. */
void mm_loader_free_place_locked(struct mm_loader *loader, const struct slot *slot, const struct hold *hold);
void mm_loader_free_places_locked(struct mm_loader *loader);

/* loader.c: this rank's residents of an epoch, in order of use: as the policy shuffles them, or as the datalist has
 * them. */
void mm_loader_order_locked(struct mm_loader *loader, uint32_t epoch, struct mm_store_key *order);

/* loader_batch.c */
enum mm_status mm_loader_open_slots(struct mm_loader *loader, struct mm_error *err);
void mm_loader_close_slots(struct mm_loader *loader);
void mm_loader_assign_locked(struct mm_loader *loader); /* steps to the slots that are free */
void mm_loader_empty_slots_locked(struct mm_loader *loader);
struct slot *mm_loader_slot_locked(struct mm_loader *loader, uint32_t step);
/* Those of the epoch that a slot belongs to. */
struct mm_loader_stats *mm_loader_stats_locked(struct mm_loader *loader, const struct slot *slot);
/* Begins the next epoch with what its slots hold already. */
void mm_loader_go_on_locked(struct mm_loader *loader);
/* Says whose crops of a batch are the volume's. */
void mm_loader_name_samples(struct mm_loader *loader, struct slot *slot, uint32_t v);
void mm_loader_let_go(struct mm_loader *loader, struct hold *hold); /* of what it holds: takes its time */

/* loader_pick.c: a task of the steps before `end`. */
bool mm_loader_pick_slot_locked(struct mm_loader *loader, uint32_t step, uint32_t end, struct task *task);

/* loader_cut.c */
bool mm_loader_is_used(const struct mm_loader *loader, const struct hold *hold); /* all its crops are cut */
/* The functions that do a task return under the mutex, taken to report what they did. */
void mm_loader_fetch(struct worker *worker, const struct task *task);
void mm_loader_fetched_locked(struct mm_loader *loader, const struct task *task, enum mm_status status,
                              struct mm_error *err);
void mm_loader_cut(struct worker *worker, const struct task *task);

/* loader_whole.c */
void mm_loader_close_wholes(struct mm_loader *loader);
bool mm_loader_pick_whole_locked(struct mm_loader *loader, struct task *task);
void mm_loader_make_whole(struct worker *worker, const struct task *task);
void mm_loader_whole_made_locked(struct mm_loader *loader, struct request *request, enum mm_status status,
                                 const struct mm_error *err);

/* loader_once.c: may a thread prepare one more sample ahead? */
bool mm_loader_has_room_locked(const struct mm_loader *loader);

/* loader_bad.c */
enum mm_status mm_loader_open_bad(struct mm_loader *loader, struct mm_error *err);
void mm_loader_close_bad(struct mm_loader *loader);
/* Does this failure make its item a bad one, for which another is taken? */
bool mm_loader_skips(const struct mm_loader *loader, enum mm_status status);
void mm_loader_note_bad_locked(struct mm_loader *loader, uint32_t item, const struct mm_error *err);
/* The error that an item was found bad with; MM_OK when it was not. */
enum mm_status mm_loader_bad_locked(const struct mm_loader *loader, uint32_t item, struct mm_error *err);
/* The item that serves a stream position: its own, else that of the next position whose item is not known to be bad. */
uint32_t mm_loader_item_locked(const struct mm_loader *loader, uint64_t position);
/* Lets another item serve the position; MM_ERR_DATA when all are bad. */
enum mm_status mm_loader_substitute_locked(struct mm_loader *loader, uint64_t position, struct mm_error *err);

/* loader_work.c */
enum mm_status mm_loader_start(struct mm_loader *loader, unsigned threads, struct mm_error *err);
enum mm_status mm_loader_start_worker(struct mm_loader *loader, struct mm_error *err);
/* Ends what a thread takes too long for. */
void mm_loader_lose_locked(struct mm_loader *loader, struct worker *worker, struct mm_error *err);
void mm_loader_stop(struct mm_loader *loader);
void mm_loader_sleep_locked(struct mm_loader *loader, pthread_cond_t *condition);

/* loader_wait.c */
struct wait mm_loader_wait_begin(const struct mm_loader *loader, const struct slot *slot, uint32_t item);
/* Sleeps a slice, or until something was done. MM_INTERRUPTED when the owner says so. Looks after threads that take too
 * long, and tells the owner what is waited for. */
enum mm_status mm_loader_wait_locked(struct mm_loader *loader, struct wait *wait, struct mm_error *err);

#endif
