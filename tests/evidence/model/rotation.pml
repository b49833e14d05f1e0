/*
 * A secret of Secrets Manager and its application: two processes of the rotation with token 1 and one of that with
 * token 2, each of which may crash before and after any request, and starts over then. An operator may give up the
 * first rotation and start the second. Somebody may delete a key by hand. A key ends after its overlap, and a
 * consumer reads the secret once more before that.
 *
 * Each atomic step is one request. A part of the design is taken away by -D: NO_LIMIT, NO_PROMOTE, NO_CHECK, END_FIRST.
 */
#define NONE 9
#define KEYS 5

byte vkey[3];          /* the key that a version holds; 0: none */
byte cur = 0;          /* the version with the label AWSCURRENT */
byte prev = NONE;
byte pend = 1;
mtype = { absent, live, ended, gone };
mtype st[KEYS];        /* of the keys 1 to 4 */
bool mark[KEYS];       /* pending */
bool made[KEYS];       /* by a rotation */
bool byHand[KEYS];     /* deleted by somebody */
byte successor[KEYS];
byte rec[3];           /* the key that the request of a token has made */
byte nextKey = 2;
byte held = 1;         /* the key that the consumer has read */

bool noThirdKey, currentIsThere, currentHasNoEnd, consumerIsServed;

#define there(k) (st[k] == live || st[k] == ended)
#define count (there(1) + there(2) + there(3) + there(4))

inline check() {
  noThirdKey = count <= 2;
  currentIsThere = there(vkey[cur]) || byHand[vkey[cur]];
  currentHasNoEnd = st[vkey[cur]] != ended;
  consumerIsServed = there(held) || byHand[held];
  assert(noThirdKey);
  assert(currentIsThere);
  assert(currentHasNoEnd);
  assert(consumerIsServed)
}

/* The key p before gets its end, if a rotation made its successor c, which is still there. */
inline giveEnd(p, c) {
  if
  :: p != 0 && p != c && there(c) && made[c] && st[p] == live && successor[p] != c -> st[p] = ended; successor[p] = c
  :: else
  fi
}

inline dropIf(k) {
  if
  :: mark[k] && there(k) && k != c && k != p && k != rec[t] -> st[k] = gone
  :: else
  fi
}

proctype rotation(byte t) {
  byte c, p, k, from;
start:
  atomic { c = 0; p = 0; k = 0; from = NONE }
  /* createSecret */
  atomic {
    if
    :: cur == t -> goto done
    :: cur != t && pend != t -> goto given_up
    :: else -> k = vkey[t]
    fi
  }
  if
  :: k != 0 -> goto test
  :: else
  fi;
  c = vkey[cur];
  p = (prev == NONE -> 0 : vkey[prev]);
  atomic { giveEnd(p, c); check() }
#ifdef END_FIRST
  atomic { if :: st[c] == live -> st[c] = ended :: else fi; check() }
#endif
  if
  :: goto start
  :: skip
  fi;
  atomic { dropIf(1); dropIf(2); dropIf(3); dropIf(4); check() }
  if
  :: goto start
  :: skip
  fi;
  atomic {
    if
    :: !there(c) -> goto start
    :: there(c) && rec[t] != 0 && !there(rec[t]) -> goto start
    :: there(c) && rec[t] != 0 && there(rec[t]) -> k = rec[t]
#ifdef NO_LIMIT
    :: there(c) && rec[t] == 0 && nextKey < KEYS ->
#else
    :: there(c) && rec[t] == 0 && count >= 2 -> goto start
    :: there(c) && rec[t] == 0 && count < 2 && nextKey >= KEYS -> goto given_up
    :: there(c) && rec[t] == 0 && count < 2 && nextKey < KEYS ->
#endif
      k = nextKey; nextKey++; st[k] = live; mark[k] = true; made[k] = true; rec[t] = k
    fi;
    check()
  }
  if
  :: goto start
  :: skip
  fi;
  atomic {
    if
    :: vkey[t] == 0 -> vkey[t] = k; pend = (cur == t -> pend : t)
    :: vkey[t] == k
    :: vkey[t] != 0 && vkey[t] != k -> goto start
    fi
  }
test:
  if
  :: goto start
  :: skip
  fi;
  /* testSecret */
  if
  :: !there(k) -> goto start
  :: else
  fi;
  /* finishSecret */
  atomic {
    if
    :: cur == t -> goto done
    :: cur != t && pend != t -> goto given_up
    :: else -> from = cur; k = vkey[t]
    fi
  }
  atomic {
#ifndef NO_CHECK
    if
    :: !there(k) -> goto start
    :: else
    fi;
#endif
#ifndef NO_PROMOTE
    mark[k] = false
#endif
  }
  if
  :: goto start
  :: skip
  fi;
  atomic {
    if
    :: cur == from -> prev = cur; cur = t; pend = (pend == t -> NONE : pend)
    :: else -> goto start
    fi;
    check()
  }
done:
  if
  :: goto start
  :: skip
  fi;
  c = vkey[cur];
  p = (prev == NONE -> 0 : vkey[prev]);
  atomic { giveEnd(p, c); check() }
given_up:
  skip
}

/* Gives the first rotation up, or starts the second one when there is none. */
proctype operator() {
end_first:
  atomic { pend == 1 && cur != 1 -> pend = NONE }
end_second:
  atomic { pend == NONE -> pend = 2 }
}

/* Somebody deletes one key. */
proctype somebody() {
  byte k;
  atomic {
    if
    :: k = 1
    :: k = 2
    :: k = 3
    :: k = 4
    fi;
    if
    :: there(k) -> st[k] = gone; byHand[k] = true
    :: else
    fi;
    check()
  }
}

#define over(k) atomic { st[k] == ended -> held = vkey[cur]; st[k] = gone; check() }

/* An overlap is over; the consumer has read the secret since it began. */
proctype time() {
end:
  do
  :: over(1)
  :: over(2)
  :: over(3)
  :: over(4)
  od
}

init {
  atomic {
    vkey[0] = 1;
    st[1] = live; st[2] = absent; st[3] = absent; st[4] = absent;
    made[1] = true;
    run rotation(1);
    run rotation(1);
    run rotation(2);
    run operator();
    run somebody();
    run time()
  }
}
