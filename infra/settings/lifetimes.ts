import { lifetimeOf, type StageSettings } from '../../lib/service/settings.ts';
import { SettingsError } from '../../lib/verification/settings-rules.ts';

/** @throws SettingsError when a key that nobody gives an end would live longer than a key can */
export function requireLifetimes({ keys }: Pick<StageSettings, 'keys'>): void {
  requireFits('keys', keys);
  for (const realm of Object.keys(keys.realms ?? {})) requireFits(`keys.realms.${realm}`, lifetimeOf({ keys }, realm));
}

function requireFits(path: string, { defaultDays, maxDays }: ReturnType<typeof lifetimeOf>): void {
  if (defaultDays === undefined || maxDays === undefined || defaultDays <= maxDays) return;
  throw new SettingsError(`${path}.defaultDays`, `is ${defaultDays}, more than the ${maxDays} of maxDays.`);
}
