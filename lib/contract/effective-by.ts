/** Says from when on no verifier accepts what a revocation has taken away, in ms since the epoch. */
export const effectiveByHeader = 'Appkeys-Effective-By';
