/** The model of a rotation by schedule. */
export const rotationModel = 'rotation.pml';

/** A part of the rotation to take away, and the property that then does not hold, in the shortest counterexample. */
export const rotationMutants = [
  { without: 'NO_LIMIT', removes: 'key limit in the generation', breaks: 'noThirdKey' },
  { without: 'NO_PROMOTE', removes: 'mark that goes before AWSCURRENT moves', breaks: 'currentIsThere' },
  { without: 'NO_CHECK', removes: 'look at the key before AWSCURRENT moves', breaks: 'currentIsThere' },
  { without: 'END_FIRST', removes: 'end only after AWSCURRENT has moved', breaks: 'currentHasNoEnd' },
] as const;
