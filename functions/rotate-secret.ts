import { secretRotator } from '../lib/service/events/secret-rotator.ts';

/** Secrets Manager invokes it with each step of a rotation of a secret that holds an API key. */
export const handler = secretRotator();
