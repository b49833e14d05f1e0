/** The header with the time, in ms since the epoch, from which no verifier accepts what was revoked. */
export const effectiveByHeader = 'Appkeys-Effective-By';
