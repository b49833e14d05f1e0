const shown = '[secret]';
/** apart from the objects, because a browser's console shows their private fields too */
const values = new WeakMap<Secret, string>();

/** A secret that shows itself only when it is asked to: in logs, JSON and text it is `[secret]`. */
export class Secret {
  constructor(value: string) {
    values.set(this, value);
  }

  /** @returns the secret itself */
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
