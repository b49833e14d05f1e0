import { lifetimeOf, type StageSettings } from '../../lib/service/settings.ts';
import { SettingsError } from '../../lib/verification/settings-rules.ts';

/** @throws SettingsError when the default lifetime of a key is longer than the maximum lifetime */
export function requireLifetimes({ keys }: Pick<StageSettings, 'keys'>): void {
  requireFits('keys', keys);
  for (const realm of Object.keys(keys.realms ?? {})) requireFits(`keys.realms.${realm}`, lifetimeOf({ keys }, realm));
}

function requireFits(path: string, { defaultDays, maxDays }: ReturnType<typeof lifetimeOf>): void {
  if (defaultDays === undefined || maxDays === undefined || defaultDays <= maxDays) return;
  throw new SettingsError(`${path}.defaultDays`, `is ${defaultDays}, which is more than maxDays (${maxDays}).`);
}
