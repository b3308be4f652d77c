/* Vectors of the machine at hand from one portable build: gcc compiles a function once for each level and picks at
 * load time. Nothing is contracted or reordered at any level, so results do not depend on the machine's vectors.
 * Sanitizers and clang 14 cannot build such functions; a build with -DMM_VECTORS= has none. */
#ifndef MM_BASE_VECTORS_H
#define MM_BASE_VECTORS_H

#ifdef MM_VECTORS
/* as the build says */
#elif defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&           \
    !defined(__SANITIZE_THREAD__)
#define MM_VECTORS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define MM_VECTORS
#endif

#endif
