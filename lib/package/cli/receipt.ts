import type { Receipt } from '../client/client.ts';
import { printJson, tell } from './terminal.ts';
import { formatSecond } from './times.ts';

/** Prints what was done, as text or JSON, and the time after which no verifier accepts `what`. */
export function showReceipt(receipt: Receipt, json: boolean | undefined, done: string, what: string): void {
  if (json) {
    printJson(receipt);
  } else {
    tell(done);
    tellEffect(receipt, what);
  }
}

/** Prints by when all verifiers apply a change. A change that takes nothing away has no such time. */
export function tellApplied({ effectiveBy }: Receipt): void {
  if (effectiveBy !== undefined) tell(`All verifiers apply the change by ${formatSecond(effectiveBy)}.`);
}

export function tellEffect({ effectiveBy }: Receipt, what: string): void {
  if (effectiveBy !== undefined) tell(`No verifier accepts ${what} after ${formatSecond(effectiveBy)}.`);
}
