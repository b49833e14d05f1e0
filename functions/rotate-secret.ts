import { secretRotator } from '../lib/service/events/secret-rotator.ts';

/** Secrets Manager invokes this function with each step of a rotation of a secret that contains an API key. */
export const handler = secretRotator();
