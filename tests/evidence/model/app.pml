/*
 * One application item, and up to five requests that write to it at the same time, over a network that loses answers
 * and delivers writes late. After lib/store/add-api-key.ts, lib/store/change-app.ts and lib/store/settle.ts.
 *
 * Everything in capitals that is not defined here is set from outside: R0 to R4 say which requests there are,
 * a switch NO_... takes one part of the design away. tests/evidence/model.ts has the lists.
 *
 * A set of handles is a short, a handle one bit of it. Request r makes the handle 1 << r; a request that starts over
 * makes the handle 256 << r. A time is a small number, and clocks differ: each request chooses its own.
 */
#define SEED   32   /* a key that is there before */
#define FILLER 64   /* another one */
#define SPARE 128   /* used by the switch NEW_HANDLE only */
#define REQUESTS 5
#define HANDLES 13

#ifndef KEYS
#define KEYS SEED          /* the keys that are there at the start */
#endif
#ifndef SHORT
#define SHORT 0            /* these keys have expired by the time that anybody looks at them */
#endif
#ifndef SCOPED
#define SCOPED 0           /* these keys have a scope, those there and those that requests generate */
#endif
#ifndef WITHIN
#define WITHIN 1           /* whether the application's ceiling leaves the scope at the start */
#endif
#ifndef FOREIGN
#define FOREIGN 0          /* these requests name another realm than the application's */
#endif
#ifndef BY_TOKEN
#define BY_TOKEN 0         /* these requests for a key need no grant: the token gives the right */
#endif
#ifndef REPEATED
#define REPEATED 0         /* these requests are copies of one: they bear the same Idempotency-Key */
#endif
#ifndef FORGETS
#define FORGETS 0          /* so often, at any time, the records and tombstones of removed keys are dropped */
#endif
#ifndef GRACED
#define GRACED 0           /* these keys are to end before their end, once their successor is in use */
#endif
#ifndef GRACES
#define GRACES 0           /* whether a rotation with overlap gives such a grace */
#endif
#ifndef STALE
#define STALE 0            /* whether the item stands in the index of the sweep although nothing is due */
#endif
#ifndef SWEEPS
#define SWEEPS 0           /* so often the sweep reads the item and writes what it remembers */
#endif
#ifndef LOSSY
#define LOSSY 31           /* these requests lose answers */
#endif
#ifndef LOSSES
#define LOSSES 1           /* so many each */
#endif
#ifndef TIMES
#define TIMES 2            /* a request takes the time for 1, or for 2 */
#endif
#define MAX_KEYS 2

#define has(set, handle) (((set) & (handle)) != 0)
#define bitOf(set, n) (((set) >> n) & 1)
#define size(set) (bitOf(set,0) + bitOf(set,1) + bitOf(set,2) + bitOf(set,3) + bitOf(set,4) + bitOf(set,5) + \
  bitOf(set,6) + bitOf(set,7) + bitOf(set,8) + bitOf(set,9) + bitOf(set,10) + bitOf(set,11) + bitOf(set,12))
#define me (1 << r)

mtype = {
  nobody, generate, deleteKey, rotate, rotateWithOverlap, disable, enable, revive, giveScope,  /* by the grant */
  report,                                                                           /* by the key itself */
  revoke, deactivate, attachIssuer, narrow, widen, deleteApp, endOld,               /* by the token's own right */
  replace, fence,                                                                   /* writes of generate */
  activated, deactivated, deleted, unanswered, succeeded, replayed, refused, notKnown, start, send, look, done
};

/* ---- The item ---- */
mtype status = activated;
bit granted = 1;            /* the grant of the principal that most requests come from */
bit issuers = 0;
short keys = KEYS;
short shortLived = KEYS & SHORT;
short scoped = KEYS & SCOPED;   /* keys that have the scope */
bit within = WITHIN;        /* whether the ceiling leaves the scope */
short graced = KEYS & GRACED;
bit inIndex = GRACED || STALE;  /* whether the sweep finds the item */
short rotated = 0;          /* keys that have a successor */
bit isEnabled = 1;          /* of the key SEED */
bit isLeaked = 0;           /* whether SEED is disabled since it was reported */
byte keyCount = 0;
byte sealed = 0;            /* the latest createdTime of a key that was removed or fenced */
short removed = 0;          /* tombstones */
byte removedBy = 0;         /* the requests whose ids stand in tombstones */
short record = 0;           /* what the Idempotency-Key made */
byte rev = 1;
byte lastChange = 0;        /* the request that wrote last */
byte born[HANDLES];         /* createdTime of each handle */

#define expired (keys & shortLived)
#define takesKeys (status == activated && !issuers)
#define asksForScope has(SCOPED, me)
#define isDue ((graced & keys & ~shortLived) != 0)

/* ---- What the properties need to know, and no code reads ---- */
short gone = 0;             /* every handle that ever left `keys` */
byte writes[REQUESTS] = 0;  /* how often each request's write was applied, fences not counted */
short madeByRepeated = 0;   /* keys that the Idempotency-Key made */
mtype answer[REQUESTS] = unanswered;

/* The properties, by the names that a violation shows. */
bit atMostTwoKeys = 1, keyCountIsSize = 1, removedKeyStaysRemoved = 1, deletedAppStaysDeleted = 1;
bit oneWritePerRequest = 1, oneKeyPerIdempotencyKey = 1, onlyWithTheRight = 1, onlyWhereKeysAreTaken = 1;
bit noScopeAboveCeiling = 1;
bit onlyGracedKeysEnd = 1, whatIsDueIsFound = 1;
bit onlyExpiredKeysAreReplaced = 1, sealIsNeverLowered = 1, nothingAfterRefusal = 1, nothingAfterStartingOver = 1;
bit refusalIsTrue = 1, successIsTrue = 1, everyRequestIsAnswered = 1, leakedKeyIsDisabled = 1;
short before = 0;           /* `keys` before the write of this step; 0 between steps */
byte sealedBefore = 0;      /* likewise */
bit applied = 0;            /* whether the write of this step was; 0 between steps */

/* ---- The conditions, each part behind its switch ---- */
#ifdef NO_REALM
#define ofThisRealm true
#else
#define ofThisRealm (!has(FOREIGN, me))
#endif

/* There is no switch for attribute_exists(pk): `realm` of an item that is not there equals nothing. */
#ifdef NO_STATUS
#define isActive true
#elif defined(NO_ACTIVE)
#define isActive (status != deleted)
#else
#define isActive (status == activated)
#endif

#ifdef NO_ISSUERS
#define hasNoIssuers true
#else
#define hasNoIssuers (!issuers)
#endif

#ifdef NO_NOT_IN_KEYS
#define notInKeys(handle) true
#else
#define notInKeys(handle) (!has(keys, handle))
#endif

#ifdef NO_SEAL
#define notSealed(time) true
#else
#define notSealed(time) (sealed < time)
#endif

#ifdef NO_MAX
#define isBelowMax true
#else
#define isBelowMax (keyCount < MAX_KEYS)
#endif

#ifdef NO_GRANT
#define stillGranted true
#else
#define stillGranted (granted || has(BY_TOKEN, me))
#endif

#ifdef NO_CEILING
#define isWithinCeiling true
#else
#define isWithinCeiling (within || !asksForScope)
#endif

#ifdef NO_RECORD
#define isUnanswered true
#else
#define isUnanswered (!has(REPEATED, me) || record == 0)
#endif

#define mayGenerate(w) (ofThisRealm && isActive && hasNoIssuers && notInKeys(w.handle) && notSealed(w.time) && \
  isBelowMax && stillGranted && isWithinCeiling && isUnanswered)

#ifdef NO_REV_OF_REPLACE
#define mayReplace(w) true
#else
#define mayReplace(w) (rev == w.seen)
#endif

#ifdef NO_FENCE_REALM
#define fenceOfThisRealm true
#else
#define fenceOfThisRealm (!has(FOREIGN, me))
#endif
#ifdef NO_FENCE_STATUS
#define fenceNotDeleted true
#else
#define fenceNotDeleted (status != deleted)
#endif
#ifdef NO_FENCE_NOT_IN_KEYS
#define fenceNotInKeys(handle) true
#else
#define fenceNotInKeys(handle) (!has(keys, handle))
#endif
#ifdef NO_FENCE_SEAL
#define fenceNotSealed(time) true
#else
#define fenceNotSealed(time) (sealed < time)
#endif

#define mayFence(w) (fenceOfThisRealm && fenceNotDeleted && fenceNotInKeys(w.handle) && fenceNotSealed(w.time))

#ifdef NO_REV
#define mayChange(w) true
#else
#define mayChange(w) (rev == w.seen)
#endif

#ifdef NO_REV_OF_SWEEP
#define maySweep(seen) true
#else
#define maySweep(seen) (rev == seen)
#endif

/* A change writes the place in the index, even if it is the one that was read: the sweep moves it and leaves `rev`. */
#ifdef NO_INDEX_OF_CHANGE
#define writesIndex(w) (w.due != w.wasDue)
#else
#define writesIndex(w) true
#endif

/* ---- Other parts of the design, each behind its switch ---- */
#ifdef NO_SEAL_DELETED
#define sealsDeleted 0
#else
#define sealsDeleted 1
#endif
#ifdef NO_SEAL_ROTATED
#define sealsRotated 0
#else
#define sealsRotated 1
#endif
#ifdef NO_SEAL_REPLACED
#define sealsReplaced 0
#else
#define sealsReplaced 1
#endif

#ifdef NO_REV_OF_GENERATE
#define revAfterGenerate rev
#else
#define revAfterGenerate (rev + 1)
#endif
#ifdef NO_REV_OF_FENCE
#define revAfterFence rev
#else
#define revAfterFence (rev + 1)
#endif

#ifdef NO_FENCE
#define mustFence false
#else
#define mustFence (doubt && status != deleted && !has(FOREIGN, me) && sealed < w.time)
#endif
#ifdef NO_FENCE_OF_REPLAY
#define mustFenceReplay false
#else
#define mustFenceReplay mustFence
#endif

#ifdef NO_CEILING_OF_REPLACE
#define asksTooMuch false
#else
#define asksTooMuch (asksForScope && !within)
#endif
#ifdef NO_CEILING_OF_ROTATE
#define inheritsScope true
#else
#define inheritsScope within
#endif
#ifdef NO_CEILING_OF_PATCH
#define givesTooMuch false
#else
#define givesTooMuch (kind == giveScope && !within)
#endif

#ifdef NO_OP
#define bearsOwnOp false
#else
#define bearsOwnOp (lastChange == me || has(removedBy, me) || has(keys | removed, made))
#endif
#ifdef NO_NOT_KNOWN
#define cannotBeKnown false
#else
#define cannotBeKnown (rev > w.seen + 1)
#endif
#ifdef NO_ACCESS_AGAIN
#define hasAccess (status != deleted && (granted || needsNoGrant || w.seen))
#else
#define hasAccess (status != deleted && (granted || needsNoGrant))
#endif

/* ---- The properties: looked at in the same step as every write and every answer ---- */
#define property(name, holds) name = (holds); assert(name)

inline beforeWrite() {
  before = keys;
  sealedBefore = sealed;
  property(deletedAppStaysDeleted, status != deleted);
  property(nothingAfterRefusal, answer[r] != refused && answer[r] != replayed)
}

inline afterWrite() {
  gone = gone | (before & ~keys);
  lastChange = me;
  property(atMostTwoKeys, size(keys) <= MAX_KEYS);
  property(keyCountIsSize, keyCount == size(keys));
  property(removedKeyStaysRemoved, (keys & gone) == 0);
  property(sealIsNeverLowered, sealed >= sealedBefore);
  property(oneWritePerRequest, writes[r] <= 1);
  property(whatIsDueIsFound, !isDue || inIndex);
  before = 0;
  sealedBefore = 0
}

/* The latest createdTime of these keys, or `time` if that is later. */
inline latest(time, set) {
  d_step {
    i = 0;
    do
    :: i < HANDLES ->
      if
      :: bitOf(set, i) && born[i] > time -> time = born[i]
      :: else
      fi;
      i++
    :: else -> break
    od;
    i = 0
  }
}

#define succeed(isTrue) property(successIsTrue, isTrue); answer[r] = succeeded; step = done
#define refuse(isTrue) property(refusalIsTrue, isTrue); answer[r] = refused; step = done
#define repeat(isTrue) property(successIsTrue, isTrue); answer[r] = replayed; step = done

/* ---- Generating ---- */
typedef Addition {
  mtype kind;       /* generate, replace, fence, or 0: none */
  short handle;
  byte time;        /* its createdTime */
  byte seen;        /* of a replacement: the rev that was read, and what the item shall be */
  short clears;
  short keys;
  byte sealed;
  short removed
}

inline copyAddition(to, from) {
  to.kind = from.kind; to.handle = from.handle; to.time = from.time; to.seen = from.seen; to.clears = from.clears;
  to.keys = from.keys; to.sealed = from.sealed; to.removed = from.removed
}

inline forgetAddition(w) {
  w.kind = 0; w.handle = 0; w.time = 0; w.seen = 0; w.clears = 0; w.keys = 0; w.sealed = 0; w.removed = 0
}

inline beforeAddition(w) {
  beforeWrite();
  property(onlyWithTheRight, (granted || has(BY_TOKEN, me)) && !has(FOREIGN, me));
  property(onlyWhereKeysAreTaken, takesKeys);
  property(noScopeAboveCeiling, within || !asksForScope);
  property(nothingAfterStartingOver, w.handle == handle);
  property(oneKeyPerIdempotencyKey, !has(REPEATED, me) || (madeByRepeated & keys) == 0)
}

inline afterAddition(w) {
  shortLived = (shortLived & keys) | (has(SHORT, me) -> w.handle : 0);
  scoped = (scoped & keys) | (asksForScope -> w.handle : 0);
  rev = revAfterGenerate;
  writes[r]++;
  if
  :: has(REPEATED, me) -> record = w.handle; madeByRepeated = madeByRepeated | w.handle
  :: else
  fi;
  afterWrite()
}

/* One conditional write: the condition and the change are one step. */
inline applyAddition(w) {
  if
  :: w.kind == generate && mayGenerate(w) ->
    applied = 1;
    beforeAddition(w);
    keyCount = keyCount + 1;
    keys = keys | w.handle;
    afterAddition(w)
  :: w.kind == replace && mayReplace(w) ->
    applied = 1;
    beforeAddition(w);
    property(onlyExpiredKeysAreReplaced, (w.clears & keys & ~shortLived) == 0);
    keys = w.keys;
    keyCount = size(w.keys);
    sealed = w.sealed;
    removed = w.removed;
    removedBy = removedBy | me;
    afterAddition(w)
  :: w.kind == fence && mayFence(w) ->
    applied = 1;
    beforeWrite();
    sealed = w.time;
    rev = revAfterFence;
    afterWrite()
  :: else -> applied = 0
  fi
}

/* Before an answer other than the own key while a copy of the write may still arrive: the application is sealed. */
inline refuseOrFence() {
  if
  :: mustFence -> w.kind = fence; ending = refused; step = send
  :: else -> refuse(!has(keys, w.handle))
  fi
}
inline replayOrFence() {
  if
  :: mustFenceReplay -> w.kind = fence; ending = replayed; step = send
  :: else -> repeat(!has(keys, w.handle))
  fi
}
inline endFenced() {
  if
  :: ending == replayed -> repeat(!has(keys, w.handle))
  :: else -> refuse(!has(keys, w.handle))
  fi
}

/* A later createdTime, and so a later handle. The model lets a request start over once; then it ends unknown. */
inline startOver() {
  if
  :: handle == me ->
    handle = me << 8;
    w.kind = generate; w.handle = handle; w.time = sealed + 1; w.seen = 0; w.clears = 0;
    w.keys = 0; w.sealed = 0; w.removed = 0;
    born[r + 8] = sealed + 1;
    doubt = 0;
    step = send
  :: else -> answer[r] = notKnown; step = done
  fi
}

/* The write that replaces expired keys, as the item was read. */
inline prepareReplacement() {
  w.kind = replace;
  w.seen = rev;
  w.clears = expired;
  w.keys = (keys & ~expired) | w.handle;
  w.sealed = sealed;
  if
  :: sealsReplaced -> latest(w.sealed, w.clears)
  :: else
  fi;
  w.removed = removed | expired;
  step = send
}

/* Why the write was refused, from the item as it is now: judgeGeneration. */
inline judge() {
  if
  :: has(keys, w.handle) -> succeed(writes[r] == 1)
  :: else ->
    if
    :: w.kind == fence -> endFenced()
    :: else ->
      if
      :: has(removed, w.handle) || status == deleted || has(FOREIGN, me) || !(granted || has(BY_TOKEN, me)) ->
        refuseOrFence()
      :: else ->
        if
        :: has(REPEATED, me) && has(keys, record) -> replayOrFence()
        :: else ->
          if
          :: (has(REPEATED, me) && record) || !takesKeys || asksTooMuch ||
            keyCount - size(expired) >= MAX_KEYS -> refuseOrFence()
          :: else ->
            if
            :: sealed >= w.time -> startOver()
            :: sealed < w.time && keyCount >= MAX_KEYS -> prepareReplacement()
            :: else -> w.kind = generate; step = send
            fi
          fi
        fi
      fi
    fi
  fi
}

/*
 * A write is answered, or it is not: then a copy of it is on its way, which arrives at once (only its answer is lost),
 * later (also after the request has ended), or never. One copy of each request is on its way at a time.
 */
proctype Creator(byte r) {
  Addition w, late;
  mtype step = start, ending = 0;
  short handle = 0;
  byte losses = 0, i = 0, time = 0;
  bit doubt = 0;
end:
  do
  :: atomic { step == start ->
      if
      :: time = 1
      :: TIMES > 1 -> time = 2
      fi;
      d_step {
        handle = me; born[r] = time;
        w.kind = generate; w.handle = handle; w.time = time;
        time = 0; step = send
      }
    }
  :: d_step { step == send ->
      applyAddition(w);
      if
      :: applied && w.kind != fence -> succeed(writes[r] == 1)
      :: applied && w.kind == fence -> endFenced()
      :: else -> step = look
      fi;
      applied = 0
    }
  :: d_step { step == send && has(LOSSY, me) && losses < LOSSES ->
      losses++;
      doubt = 1;
      copyAddition(late, w);
#ifdef NEW_HANDLE
      w.handle = SPARE
#endif
    }
  :: d_step { step == look -> judge() }
  :: d_step { late.kind != 0 -> applyAddition(late); applied = 0; forgetAddition(late) }
  :: d_step { step == done && w.kind != 0 -> forgetAddition(w); losses = 0; doubt = 0; ending = 0 }
  od
}

/* ---- Changing: read, write what was read and edited under `rev = seen` ---- */
typedef Change {
  byte seen;        /* 0: none */
  short keys;
  byte keyCount;
  byte sealed;
  short removed;
  byte removedBy;
  short shortLived;
  short rotated;
  short scoped;
  short graced;
  bit due;          /* whether something is due then */
  bit wasDue;       /* whether the item stood in the index when it was read */
  bit isEnabled;
  bit isLeaked
}

inline copyChange(to, from) {
  to.seen = from.seen; to.keys = from.keys; to.keyCount = from.keyCount; to.sealed = from.sealed;
  to.removed = from.removed; to.removedBy = from.removedBy; to.shortLived = from.shortLived; to.rotated = from.rotated;
  to.scoped = from.scoped; to.isEnabled = from.isEnabled; to.isLeaked = from.isLeaked; to.graced = from.graced;
  to.due = from.due; to.wasDue = from.wasDue
}

inline forgetChange(w) {
  w.seen = 0; w.keys = 0; w.keyCount = 0; w.sealed = 0; w.removed = 0; w.removedBy = 0; w.shortLived = 0;
  w.rotated = 0; w.scoped = 0; w.isEnabled = 0; w.isLeaked = 0; w.graced = 0; w.due = 0; w.wasDue = 0
}

#define fromToken (kind == revoke || kind == deactivate || kind == attachIssuer || kind == narrow || kind == widen || \
  kind == deleteApp || kind == endOld)
/* Whoever holds the key needs no right on the application. */
#define needsNoGrant (fromToken || kind == report)
#define editsKeys (!fromToken || kind == endOld)
#define rotates (kind == rotate || kind == rotateWithOverlap)
#define made (rotates -> me : 0)

/* The map `keys` is written as a whole, as it was read and edited; so is `removed`. */
inline writeKeys(w) {
  keys = w.keys; shortLived = w.shortLived; rotated = w.rotated; scoped = w.scoped; isEnabled = w.isEnabled;
  isLeaked = w.isLeaked; graced = w.graced
}

/* Writes the attributes that the change is about, and no others. */
inline writeChange(w) {
  if
  :: kind == revoke -> granted = 0
  :: kind == deactivate -> status = deactivated
  :: kind == attachIssuer -> issuers = 1
  :: kind == narrow -> within = 0
  :: kind == widen -> within = 1
  :: kind == deleteApp ->
    status = deleted; granted = 0; record = 0; within = 1;
    keys = 0; shortLived = 0; rotated = 0; scoped = 0; graced = 0; isEnabled = 0; isLeaked = 0; keyCount = 0;
    removed = 0; removedBy = 0
  :: kind == disable || kind == enable || kind == revive || kind == giveScope || kind == report || kind == endOld ->
    writeKeys(w)
  :: kind == rotateWithOverlap -> writeKeys(w); keyCount = w.keyCount
  :: kind == deleteKey || kind == rotate ->
    writeKeys(w); keyCount = w.keyCount; sealed = w.sealed; removed = w.removed; removedBy = w.removedBy
  fi;
  if
  :: writesIndex(w) -> inIndex = w.due
  :: else
  fi
}

inline applyChange(w) {
  if
  :: mayChange(w) ->
    applied = 1;
    beforeWrite();
    property(onlyWithTheRight, granted || needsNoGrant);
    property(noScopeAboveCeiling, within || (kind != giveScope && (w.scoped & ~scoped) == 0));
    if
    :: rotates -> property(onlyWhereKeysAreTaken, takesKeys)
    :: kind == endOld -> property(onlyGracedKeysEnd, has(graced & keys, target))
    :: else
    fi;
    writeChange(w);
    property(leakedKeyIsDisabled, !isLeaked || !isEnabled);
    rev++;
    writes[r]++;
    afterWrite()
  :: else -> applied = 0
  fi
}

#define isSame ((kind == revoke && !granted) || (kind == deactivate && status == deactivated) || \
  (kind == attachIssuer && issuers) || (kind == disable && !isEnabled) || (kind == enable && isEnabled) || \
  (kind == revive && !has(shortLived | graced, target)) || (kind == giveScope && has(scoped, target)) || \
  (kind == endOld && !has(graced & keys & ~shortLived, target)) || \
  (kind == narrow && !within) || (kind == widen && within) || \
  (kind == report && (!has(keys, target) || has(expired, target) || !isEnabled)))

#define mayNotBe ((!needsNoGrant && !has(keys, target)) || (rotates && (has(rotated, target) || !takesKeys || \
  has(expired, target))) || (kind == rotateWithOverlap && keyCount >= MAX_KEYS) || \
  (kind == attachIssuer && keyCount > 0) || givesTooMuch)

#define leaves(kind, target) (kind == deleteKey || kind == rotate -> target : 0)

/* What the item shall be, from what it is. */
inline prepare() {
  w.seen = rev;
  if
  :: editsKeys ->
    w.keys = (keys & ~leaves(kind, target)) | made;
    w.shortLived = (shortLived & ~leaves(kind, target) & ~(kind == revive -> target : 0)) |
      ((kind == rotateWithOverlap && !GRACES) || kind == endOld -> target : 0);
    w.graced = (graced & ~leaves(kind, target) & ~(kind == revive || kind == endOld -> target : 0)) |
      (kind == rotateWithOverlap && GRACES -> target : 0);
    w.rotated = (rotated & ~leaves(kind, target)) | (kind == rotateWithOverlap -> target : 0);
    w.scoped = (scoped & ~leaves(kind, target)) | (kind == giveScope -> target : 0) |
      (rotates && has(scoped, target) && inheritsScope -> made : 0);
    w.isEnabled = (kind == disable || kind == report -> 0 : (kind == enable -> 1 : isEnabled));
    w.isLeaked = (kind == report -> 1 : (kind == enable -> 0 : isLeaked));
    w.keyCount = size(w.keys);
    w.sealed = sealed;
    if
    :: (kind == deleteKey && sealsDeleted) || (kind == rotate && sealsRotated) -> latest(w.sealed, target)
    :: else
    fi;
    w.removed = removed | leaves(kind, target);
    w.removedBy = removedBy | (leaves(kind, target) -> me : 0);
    w.due = ((w.graced & w.keys & ~w.shortLived) != 0)
  :: else -> w.due = (kind != deleteApp && isDue)
  fi;
  w.wasDue = inIndex;
  step = send
}

inline edit() {
  doubt = 0;
  if
  :: !hasAccess -> refuse(writes[r] == 0)
  :: else ->
    if
    :: mayNotBe -> refuse(writes[r] == 0)
    :: else ->
      if
      :: isSame -> succeed(writes[r] == 0)
      :: else -> prepare()
      fi
    fi
  fi
}

/* The item as it is now, after the write was refused. */
inline readAgain() {
  if
  :: doubt && bearsOwnOp ->
    if
    :: rotates && !has(keys, made) -> refuse(!has(keys, made))
    :: else -> succeed(writes[r] == 1)
    fi
  :: else ->
    if
    :: doubt && cannotBeKnown -> answer[r] = notKnown; step = done
    :: else -> edit()
    fi
  fi
}

#define ofAnyKey (kind == deleteKey || rotates)

proctype Changer(byte r; byte kind) {
  Change w, late;
  mtype step = start;
  short target = 0;
  byte losses = 0, i = 0;
  bit doubt = 0;
end:
  do
  :: atomic { step == start ->
      if
      :: !ofAnyKey -> target = SEED
      :: ofAnyKey && has(keys, SEED) -> target = SEED
      :: ofAnyKey && has(keys, FILLER) -> target = FILLER
      :: ofAnyKey && has(keys, 1) -> target = 1
      :: ofAnyKey && has(keys, 2) -> target = 2
      :: ofAnyKey && has(keys, 4) -> target = 4
      :: ofAnyKey && has(keys, 8) -> target = 8
      :: ofAnyKey && has(keys, 16) -> target = 16
      :: ofAnyKey && has(keys, 256) -> target = 256
      :: ofAnyKey && has(keys, 512) -> target = 512
      :: ofAnyKey && keys == 0 -> target = 0
      fi;
      if
      :: born[r] = 1
      :: rotates && TIMES > 1 -> born[r] = 2
      fi;
      d_step { edit() }
    }
  :: d_step { step == send ->
      applyChange(w);
      if
      :: applied -> succeed(writes[r] == 1)
      :: else -> step = look
      fi;
      applied = 0
    }
  :: d_step { step == send && has(LOSSY, me) && losses < LOSSES -> losses++; doubt = 1; copyChange(late, w) }
  :: d_step { step == look -> readAgain() }
  :: d_step { late.seen != 0 -> applyChange(late); applied = 0; forgetChange(late) }
  :: d_step { step == done && (w.seen != 0 || target != 0) -> forgetChange(w); target = 0; losses = 0; doubt = 0 }
  od
}

/*
 * Records and tombstones of removed keys are dropped, at any time; those of a request that is not yet answered stay,
 * because they are the youngest. It is no change: `rev` stays as it is.
 */
#define young(r) (answer[r] == unanswered -> (1 << r) | (256 << r) : 0)
#define kept (young(0) | young(1) | young(2) | young(3) | young(4))

proctype Forgetter() {
  byte left = FORGETS;
end:
  do
  :: d_step { left > 0 && ((removed & ~kept) || (record && !has(keys, record) && !has(kept, record))) ->
      left--;
      removed = removed & kept;
      removedBy = (removed -> removedBy : 0);
      record = (has(keys, record) || has(kept, record) -> record : 0)
    }
  od
}

/*
 * The sweep, where the index leads it to the item: it reads it, and at any time later a copy of its write arrives. It is
 * no change: `rev` stays as it is. That it ends a key is a change of its own: endOld.
 */
proctype Sweeper() {
  byte left = SWEEPS, seen = 0;
  bit next = 0;
end:
  do
  :: d_step { left > 0 && seen == 0 && inIndex -> seen = rev; next = isDue }
  :: d_step { seen != 0 ->
      if
      :: maySweep(seen) -> inIndex = next
      :: else
      fi;
      seen = 0; next = 0; left--;
      property(whatIsDueIsFound, !isDue || inIndex)
    }
  od
}

/* ---- The requests ---- */
#ifndef R0
#define R0 nobody
#endif
#ifndef R1
#define R1 nobody
#endif
#ifndef R2
#define R2 nobody
#endif
#ifndef R3
#define R3 nobody
#endif
#ifndef R4
#define R4 nobody
#endif

inline begin(r, wanted) {
  kind = wanted;
  if
  :: kind == generate -> run Creator(r)
  :: kind == nobody -> answer[r] = succeeded
  :: else -> run Changer(r, kind)
  fi
}

init {
  byte kind;
  atomic {
    keyCount = size(keys);
    born[5] = 1; born[6] = 1; born[7] = 1;
    begin(0, R0); begin(1, R1); begin(2, R2); begin(3, R3); begin(4, R4);
    if
    :: FORGETS > 0 -> run Forgetter()
    :: else
    fi;
    if
    :: SWEEPS > 0 -> run Sweeper()
    :: else
    fi
  }
  /* Nothing moves any more. */
  timeout ->
  property(everyRequestIsAnswered, answer[0] != unanswered && answer[1] != unanswered && answer[2] != unanswered &&
    answer[3] != unanswered && answer[4] != unanswered)
}
