import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Template } from './template.ts';

/** Something that scanners find fault with, and the reason why it stays. */
export interface Exception {
  readonly reason: string;
  /** a regular expression for the type and the logical ID of a resource */
  readonly resources: string;
  /** rules of cdk-nag */
  readonly nag?: readonly string[];
  /** rules of cfn-guard */
  readonly guard?: readonly string[];
}

export const exceptions: readonly Exception[] = parse(readFileSync(new URL('exceptions.yml', import.meta.url), 'utf8'));

/** Says in the metadata of each resource which rules it is an exception from, in the form that the scanners read. */
export function noteExceptions({ Resources }: Template): void {
  for (const [id, resource] of Object.entries(Resources)) {
    const found = exceptions.filter(({ resources }) => new RegExp(resources).test(`${resource.Type} ${id}`));
    const nag = found.flatMap(({ reason, nag = [] }) => nag.map((rule) => ({ id: rule, reason })));
    const guard = found.flatMap(({ guard = [] }) => guard);
    if (nag.length === 0 && guard.length === 0) continue;
    resource.Metadata = {
      ...resource.Metadata,
      ...(nag.length > 0 && { cdk_nag: { rules_to_suppress: nag } }),
      ...(guard.length > 0 && { guard: { SuppressedRules: guard } }),
    };
  }
}
