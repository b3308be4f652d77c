/* The inside of the loader, shared by its files:
 *   loader.c          opening, closing, epochs, handing out batches
 *   loader_whole.c    whole samples, for validation
 *   loader_work.c     the threads: what to do next, and what follows when it is done
 *   loader_rotate.c   R, when it is chosen after the first epoch
 *   loader_prepare.c  the prefix: entries of the store, rotation
 *   loader_batch.c    slots: the volumes of a batch and the crops cut from them
 *
 * One mutex guards what changes; nothing slow runs under it. Threads pick a task under the lock, run it without, and
 * report under the lock. Batches are filled in a ring of slots; work goes to the batch that is needed first, what
 * remains goes to preparing ahead.
 *
 * An entry is the prepared sample of a stream position: ABSENT -> PREPARING -> READY (in the store) or FAILED. The
 * table holds the positions of an epoch's window, [eR, eR + N + R), at index position mod (N + R). A failure of
 * background work is not reported: the item is tried again when a batch needs it, and what goes wrong then ends the
 * batch. So errors, too, come in a fixed order.
 *
 * A hold is a volume in a batch, from its fetch out of the store until its last crop: NEEDED -> FETCHING -> HELD ->
 * OVER. */
#ifndef MM_CACHE_LOADER_INTERNAL_H
#define MM_CACHE_LOADER_INTERNAL_H

#include <pthread.h>

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
};

enum hold_state { HOLD_NEEDED, HOLD_FETCHING, HOLD_HELD, HOLD_OVER };

struct hold {
    struct mm_store_key key;
    enum hold_state state;
    bool is_pinned; /* in the store; otherwise the sample is in the arena */
    struct mm_arena arena;
    const struct mm_sample *sample;
    uint32_t started;     /* crops given to threads */
    _Atomic uint32_t cut; /* crops done             */
};

enum slot_state { SLOT_FREE, SLOT_FILLING, SLOT_READY };

struct slot {
    enum slot_state state;
    uint32_t hold_count, sample_count;
    uint32_t started, done; /* samples */
    struct hold *holds;     /* [volumes] */
    struct mm_batch_writer *writer;
    const struct mm_batch *batch;
    uint32_t failed; /* the first sample that failed; its error follows. Valid when the status is not MM_OK */
    enum mm_status status;
    struct mm_error error;
};

struct worker {
    struct mm_loader *loader;
    pthread_t thread;
    struct mm_arena scratch; /* of one task */
};

struct mm_loader {
    /* Fixed. */
    const struct mm_source *source;
    uint64_t seed;
    bool is_shuffled;
    bool (*interrupted)(void);
    struct mm_cache_plan plan;
    uint32_t window; /* N + R */
    struct mm_policy *policy;
    struct mm_store *store;
    bool unpacks;         /* the random transforms begin with one that wants dense images */
    struct mm_disk *disk; /* NULL: none */
    struct mm_batch_rules rules;
    const char *field_names[MM_BATCH_FIELDS_MAX];
    unsigned threads; /* started */
    struct worker *workers;
    struct mm_budget budget; /* atomic */

    pthread_mutex_t mutex;
    pthread_cond_t work, progress; /* there may be a task; something was done */
    /* Under the mutex. */
    bool is_closing, is_paused; /* paused: no task of a slot is given out */
    unsigned busy;              /* threads in tasks of slots              */
    bool is_begun;
    uint32_t epoch;
    uint64_t *positions;        /* [N] of the epoch, as the policy orders them */
    struct mm_store_key *order; /* [N] the same with their items, in order of use */
    struct entry *entries;      /* [window] */
    bool is_full;               /* the store refused a sample: nothing more is prepared ahead */
    uint32_t missing;           /* of the epoch's own items: not ready */
    uint32_t ahead;             /* of the window: how much background work was given out */
    uint32_t slot_count;
    struct slot *slots;              /* step s is in slots[s % slot_count] */
    uint32_t oldest, next, assigned; /* steps: first in a slot, next to hand out, first not in a slot */
    struct entry *wholes;            /* [N] whole samples of items 0..N-1 */
    uint32_t whole_next, whole_end;  /* of them: to prepare ahead */
    struct mm_loader_stats stats;
    struct mm_disk_stats disk_before; /* the epoch's start */
};

enum task_kind { TASK_FETCH, TASK_CUT, TASK_PREPARE };

struct task {
    enum task_kind kind;
    struct mm_store_key key;
    struct slot *slot;
    uint32_t hold, output; /* of the slot; which crop */
};

/* loader_prepare.c; `locked` functions are called under the mutex. */
struct entry *mm_loader_entry_locked(struct mm_loader *loader, uint64_t position); /* of a position in the window */
/* Is an entry being prepared that the epoch's window has no place for? */
bool mm_loader_leaving_locked(const struct mm_loader *loader, uint32_t epoch);
/* Gives the table to the positions of the epoch's window; only when nothing is leaving. */
void mm_loader_move_window_locked(struct mm_loader *loader, uint32_t epoch);
bool mm_loader_pick_ahead_locked(struct mm_loader *loader, struct task *task);
void mm_loader_prepared_locked(struct mm_loader *loader, const struct mm_store_key *key, bool is_done);
/* Makes the prepared sample of an item in the arena, with all that was needed on the way. */
enum mm_status mm_loader_run_prefix(struct mm_loader *loader, uint32_t item, struct mm_arena *scratch,
                                    struct mm_sample **out, struct mm_error *err);
/* The same, put into the store; MM_ERR_MEMORY when there is no room for it. */
enum mm_status mm_loader_prepare(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *scratch,
                                 struct mm_error *err);
/* The prepared sample: a view of the store's (`*pinned`), else prepared now; in `arena`. */
enum mm_status mm_loader_take(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *scratch,
                              struct mm_arena *arena, const struct mm_sample **out, bool *pinned,
                              struct mm_error *err);

/* loader_batch.c */
enum mm_status mm_loader_open_slots(struct mm_loader *loader, struct mm_error *err);
void mm_loader_close_slots(struct mm_loader *loader);
void mm_loader_assign_locked(struct mm_loader *loader); /* steps to the slots that are free */
void mm_loader_empty_slots_locked(struct mm_loader *loader);
bool mm_loader_pick_slot_locked(struct mm_loader *loader, struct task *task);
void mm_loader_fetch(struct mm_loader *loader, const struct task *task, struct mm_arena *scratch);
void mm_loader_cut(struct mm_loader *loader, const struct task *task, struct mm_arena *scratch);

/* loader_work.c */
enum mm_status mm_loader_start(struct mm_loader *loader, unsigned threads, struct mm_error *err);
void mm_loader_stop(struct mm_loader *loader);
/* Sleeps a slice, or until something was done; MM_INTERRUPTED when the owner says so. */
enum mm_status mm_loader_wait_locked(struct mm_loader *loader, struct mm_error *err);

#endif
