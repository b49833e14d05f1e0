const shown = '[secret]';

/** A secret that shows itself only when it is asked to: in logs, JSON and text it is `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** @returns the secret itself */
  reveal(): string {
    return this.#value;
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
