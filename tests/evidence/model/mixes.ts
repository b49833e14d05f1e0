/** Requests at the same time, and what else the model is told of them. */
export interface Mix {
  readonly name: string;
  readonly options: readonly string[];
}

/** A part of the design to take away, and requests among which it is missed. */
export interface Mutant {
  readonly without: string;
  readonly removes: string;
  /** the property that then does not hold, in the shortest counterexample */
  readonly breaks: string;
  readonly options: readonly string[];
}

/** The requests 0, 1, ..., each lossy unless LOSSY says otherwise. In sets, request r is 1 << r; see app.pml. */
function requests(...kinds: string[]): string[] {
  return kinds.map((kind, index) => `R${index}=${kind}`);
}

const bothKeys = 'KEYS=96';
const noKeys = 'KEYS=0';
/** One clock for all: with two, five requests have more states than fit into memory. */
const once = 'TIMES=1';
const sweptTwice = ['GRACED=32', 'SWEEPS=2'];

/** Five requests each, of different kinds. */
export const fives: readonly Mix[] = [
  {
    name: '3 generate, delete key, revoke; 2 generate and the deletion lossy',
    options: [...requests('generate', 'generate', 'generate', 'deleteKey', 'revoke'), once, 'LOSSY=15'],
  },
  {
    name: 'generate, rotate, delete key, disable, delete app; generate and rotate lossy',
    options: [...requests('generate', 'rotate', 'deleteKey', 'disable', 'deleteApp'), once, 'LOSSY=7', 'BY_TOKEN=1'],
  },
  {
    name: '2 generate (1 short-lived), revive, delete key, rotate with overlap; an expired key; generate lossy',
    options: [
      ...requests('generate', 'generate', 'revive', 'deleteKey', 'rotateWithOverlap'),
      ...[once, bothKeys, 'SHORT=33', 'LOSSY=11'],
    ],
  },
  {
    name: '2 copies of one generate (Idempotency-Key), 1 other, delete key, deactivate; the copies lossy',
    options: [
      ...requests('generate', 'generate', 'generate', 'deleteKey', 'deactivate'),
      ...[once, 'REPEATED=3', noKeys, 'LOSSY=15'],
    ],
  },
  {
    name: 'generate, generate of another realm, attach issuer, delete key, delete app; all but the last lossy',
    options: [
      ...requests('generate', 'generate', 'attachIssuer', 'deleteKey', 'deleteApp'),
      once,
      'FOREIGN=2',
      'BY_TOKEN=3',
      'LOSSY=31',
    ],
  },
  {
    name: '2 rotate, rotate with overlap, disable, enable; 1 rotate and disable lossy',
    options: [...requests('rotate', 'rotate', 'rotateWithOverlap', 'disable', 'enable'), once, 'LOSSY=13'],
  },
  {
    name: 'generate, report the key, rotate, enable, revoke; generate, report and enable lossy',
    options: [...requests('generate', 'report', 'rotate', 'enable', 'revoke'), once, 'LOSSY=11'],
  },
  {
    name: '2 copies of one generate, 2 delete key, rotate; records and tombstones are dropped; the copies lossy',
    options: [
      ...requests('generate', 'generate', 'deleteKey', 'deleteKey', 'rotate'),
      ...[once, 'REPEATED=3', 'FORGETS=2', 'LOSSY=3'],
    ],
  },
];

/** Requests that give the one scope there is, beside changes of the ceiling. */
const ceilings: readonly Mix[] = [
  {
    name: '2 generate with the scope, rotate, narrow and widen the ceiling; all lossy',
    options: [
      ...requests('generate', 'generate', 'rotate', 'narrow', 'widen'),
      ...[once, noKeys, 'SCOPED=3', 'LOSSY=31'],
    ],
  },
  {
    name: 'generate, rotate, rotate with overlap, give the scope, narrow; a key with it; all lossy',
    options: [
      ...requests('generate', 'rotate', 'rotateWithOverlap', 'giveScope', 'narrow'),
      ...[once, 'SCOPED=33', 'LOSSY=31'],
    ],
  },
  {
    name: 'generate with the scope, narrow, delete key; an expired key; two losses each',
    options: [...requests('generate', 'narrow', 'deleteKey'), bothKeys, 'SHORT=64', 'SCOPED=1', 'LOSSES=2'],
  },
  {
    name: 'generate, rotate, give the scope, widen; the ceiling excludes it at the start; all lossy',
    options: [...requests('generate', 'rotate', 'giveScope', 'widen'), once, 'SCOPED=33', 'WITHIN=0'],
  },
];

/** The sweep, which ends the old key of a rotation and writes what it remembers, beside what changes that key. */
const sweeping: readonly Mix[] = [
  {
    name: 'the sweep ends a key and remembers, revive, delete key, disable; all lossy',
    options: [...requests('endOld', 'revive', 'deleteKey', 'disable'), ...sweptTwice],
  },
  {
    name: 'the sweep ends a key twice and remembers, rotate, delete app; all lossy',
    options: [...requests('endOld', 'endOld', 'rotate', 'deleteApp'), once, ...sweptTwice],
  },
  {
    name: 'rotate with grace, the sweep ends a key and remembers, disable, deactivate; all lossy',
    options: [
      ...requests('rotateWithOverlap', 'endOld', 'disable', 'deactivate'),
      ...[once, 'GRACES=1', 'STALE=1', 'SWEEPS=2'],
    ],
  },
  {
    name: 'generate, rotate with grace, the sweep ends a key and remembers; all lossy',
    options: [...requests('generate', 'rotateWithOverlap', 'endOld'), 'GRACES=1', 'STALE=1', 'SWEEPS=2'],
  },
];

/** Fewer requests, all of them lossy, or each more than once. */
export const fewer: readonly Mix[] = [
  ...ceilings,
  ...sweeping,
  {
    name: 'generate, delete key, delete app, rotate; all lossy',
    options: requests('generate', 'deleteKey', 'deleteApp', 'rotate'),
  },
  {
    name: '2 generate, delete key; two losses each',
    options: [...requests('generate', 'generate', 'deleteKey'), bothKeys, 'LOSSES=2'],
  },
  {
    name: 'generate, revoke, delete key; three losses each',
    options: [...requests('generate', 'revoke', 'deleteKey'), 'LOSSES=3'],
  },
];

/** Small, for every run of the tests. */
export const quick: Mix = {
  name: 'generate, delete key, revoke; two losses each',
  options: [...requests('generate', 'deleteKey', 'revoke'), bothKeys, 'LOSSES=2'],
};

const generation: readonly Mutant[] = [
  {
    without: 'NO_REALM',
    removes: 'realm = :realm',
    breaks: 'onlyWithTheRight',
    options: [...requests('generate'), 'FOREIGN=1'],
  },
  {
    without: 'NO_STATUS',
    removes: 'status = active',
    breaks: 'deletedAppStaysDeleted',
    options: [...requests('generate', 'deleteApp'), 'BY_TOKEN=1'],
  },
  {
    without: 'NO_ACTIVE',
    removes: 'status = active, <> deleted instead',
    breaks: 'onlyWhereKeysAreTaken',
    options: requests('generate', 'deactivate'),
  },
  {
    without: 'NO_ISSUERS',
    removes: 'size(issuers) = 0',
    breaks: 'onlyWhereKeysAreTaken',
    options: [...requests('generate', 'attachIssuer'), noKeys],
  },
  {
    without: 'NO_NOT_IN_KEYS',
    removes: 'handle not in keys',
    breaks: 'keyCountIsSize',
    options: [...requests('generate'), noKeys],
  },
  {
    without: 'NO_SEAL',
    removes: 'sealed < :createdTime',
    breaks: 'removedKeyStaysRemoved',
    options: requests('generate', 'deleteKey'),
  },
  { without: 'NO_MAX', removes: 'keyCount < :max', breaks: 'atMostTwoKeys', options: requests('generate', 'generate') },
  {
    without: 'NO_REV_OF_REPLACE',
    removes: 'rev = :seen where expired keys are replaced',
    breaks: 'oneWritePerRequest',
    options: [...requests('generate', 'revive'), bothKeys, 'SHORT=32'],
  },
  {
    without: 'NO_GRANT',
    removes: 'grant still held',
    breaks: 'onlyWithTheRight',
    options: requests('generate', 'revoke'),
  },
  {
    without: 'NO_RECORD',
    removes: 'no live request record',
    breaks: 'oneKeyPerIdempotencyKey',
    options: [...requests('generate', 'generate'), 'REPEATED=3', noKeys],
  },
];

const ceiling: readonly Mutant[] = [
  {
    without: 'NO_CEILING',
    removes: 'generate: ceiling contains the scope',
    breaks: 'noScopeAboveCeiling',
    options: [...requests('generate', 'narrow'), 'SCOPED=1'],
  },
  {
    without: 'NO_CEILING_OF_REPLACE',
    removes: 'ceiling where expired keys are replaced',
    breaks: 'noScopeAboveCeiling',
    options: [...requests('generate', 'narrow'), bothKeys, 'SHORT=32', 'SCOPED=1'],
  },
  {
    without: 'NO_CEILING_OF_ROTATE',
    removes: 'rotate: scopes above the ceiling left out',
    breaks: 'noScopeAboveCeiling',
    options: [...requests('rotate', 'narrow'), 'SCOPED=32'],
  },
  {
    without: 'NO_CEILING_OF_PATCH',
    removes: 'ceiling where a key is given a scope',
    breaks: 'noScopeAboveCeiling',
    options: requests('giveScope', 'narrow'),
  },
  {
    without: 'NO_REV',
    removes: 'rev = :seen of every change, beside narrow',
    breaks: 'noScopeAboveCeiling',
    options: [...requests('rotate', 'narrow'), 'SCOPED=32', 'LOSSY=0'],
  },
];

const fencing: readonly Mutant[] = [
  {
    without: 'NO_FENCE',
    removes: 'fence before a refusal after doubt',
    breaks: 'nothingAfterRefusal',
    options: fullAndDelete(),
  },
  {
    without: 'NO_FENCE_STATUS',
    removes: 'fence: status <> deleted',
    breaks: 'deletedAppStaysDeleted',
    options: requests('generate', 'revoke', 'deleteApp'),
  },
  {
    without: 'NO_FENCE_OF_REPLAY',
    removes: 'fence before a replay after doubt',
    breaks: 'nothingAfterRefusal',
    options: [...requests('generate', 'generate', 'deleteKey'), noKeys, 'REPEATED=3', 'FORGETS=1'],
  },
  {
    without: 'NO_FENCE_NOT_IN_KEYS',
    removes: 'fence: handle not in keys',
    breaks: 'refusalIsTrue',
    options: fullAndDelete(),
  },
  {
    without: 'NO_FENCE_SEAL',
    removes: 'fence: sealed < :createdTime',
    breaks: 'sealIsNeverLowered',
    options: [...requests('generate', 'generate', 'deleteKey'), bothKeys],
  },
  { without: 'NO_REV_OF_FENCE', removes: 'fence: rev + 1', breaks: 'sealIsNeverLowered', options: fullAndDelete() },
];

const changes: readonly Mutant[] = [
  {
    without: 'NO_REV',
    removes: 'rev = :seen of every change',
    breaks: 'oneWritePerRequest',
    options: requests('deleteKey', 'disable'),
  },
  {
    without: 'NO_REV_OF_GENERATE',
    removes: 'generate: rev + 1',
    breaks: 'keyCountIsSize',
    options: requests('generate', 'disable'),
  },
  {
    without: 'NO_OP',
    removes: 'own operation id found: success',
    breaks: 'refusalIsTrue',
    options: requests('deleteKey'),
  },
  {
    without: 'NO_REV',
    removes: 'rev = :seen of every change, beside report',
    breaks: 'oneWritePerRequest',
    options: requests('report', 'enable'),
  },
  {
    without: 'NO_NOT_KNOWN',
    removes: 'further on without own id: not known',
    breaks: 'oneWritePerRequest',
    options: requests('disable', 'enable'),
  },
  {
    without: 'NO_ACCESS_AGAIN',
    removes: 'the right looked at in every read',
    breaks: 'onlyWithTheRight',
    options: requests('deleteKey', 'revoke'),
  },
  {
    without: 'NO_SEAL_DELETED',
    removes: 'seal of a deleted key',
    breaks: 'removedKeyStaysRemoved',
    options: requests('generate', 'deleteKey'),
  },
  {
    without: 'NO_SEAL_ROTATED',
    removes: 'seal of a rotated key',
    breaks: 'removedKeyStaysRemoved',
    options: [...requests('generate', 'rotate'), noKeys],
  },
  {
    without: 'NO_SEAL_REPLACED',
    removes: 'seal of a replaced key',
    breaks: 'removedKeyStaysRemoved',
    options: [...requests('generate', 'generate', 'deleteKey'), 'KEYS=64', 'SHORT=1'],
  },
  {
    without: 'NEW_HANDLE',
    removes: 'the same handle at every attempt',
    breaks: 'nothingAfterStartingOver',
    options: [...requests('generate'), noKeys],
  },
];

const sweeps: readonly Mutant[] = [
  {
    without: 'NO_REV',
    removes: 'rev = :seen where the sweep ends a key',
    breaks: 'onlyGracedKeysEnd',
    options: [...requests('endOld', 'revive'), 'GRACED=32', 'LOSSY=0'],
  },
  {
    without: 'NO_REV_OF_SWEEP',
    removes: 'rev = :seen where the sweep writes what it remembers',
    breaks: 'whatIsDueIsFound',
    options: [...requests('rotateWithOverlap'), 'GRACES=1', 'STALE=1', 'SWEEPS=1'],
  },
  {
    without: 'NO_INDEX_OF_CHANGE',
    removes: 'the place in the index, written though it is the one that was read',
    breaks: 'whatIsDueIsFound',
    options: [...requests('rotateWithOverlap'), 'GRACES=1', 'STALE=1', 'SWEEPS=1'],
  },
];

export const mutants: readonly Mutant[] = [...generation, ...ceiling, ...fencing, ...changes, ...sweeps];

/** Parts that others imply: without one all holds among these requests, and why. */
export const implied = [
  {
    without: 'NO_FENCE_REALM',
    removes: 'fence: realm = :realm',
    why: 'it is sent only after a look at the application, whose realm never changes',
    options: [...requests('generate', 'generate', 'deleteKey'), bothKeys, 'FOREIGN=2'],
  },
] as const;

/** Full, so that a generation is refused; then a deletion makes room for its late copy. */
function fullAndDelete(): string[] {
  return [...requests('generate', 'deleteKey'), bothKeys];
}
