/**
 * So many products are added in registers before their sum goes to memory: so much of B stays in the caches.
 */
export const block = 512
/** A tile of sums that goes beyond an edge of C. */
export const tileBytes = 4 * 8 * 4
