const shown = '[secret]';
/** Outside the objects, because the console of a browser also shows private fields. */
const values = new WeakMap<Secret, string>();

/** A secret value that only `reveal()` shows. In logs, JSON and text, it appears as `[secret]`. */
export class Secret {
  constructor(value: string) {
    values.set(this, value);
  }

  /** @returns the secret value */
  reveal(): string {
    return values.get(this) ?? '';
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  /** what Node's console.log and util.inspect print */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return shown;
  }
}
