/** What a scanner finds fault with. */
export interface Finding {
  readonly rule: string;
  /** its logical ID */
  readonly resource: string;
  readonly why: string;
}
