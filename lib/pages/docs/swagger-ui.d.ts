/** What this page uses of Swagger UI, which comes with no types. */

interface SwaggerMap {
  get(key: string): unknown;
  getIn(path: readonly string[]): unknown;
  toJS(): unknown;
  delete(key: string): SwaggerMap;
}

type SwaggerNode = object | string;
type SwaggerComponent<Props> = (props: Props) => SwaggerNode | null;

interface SwaggerReact {
  createElement<Props>(
    type: string | SwaggerComponent<Props>,
    props: Props | null,
    ...children: SwaggerNode[]
  ): SwaggerNode;
  useEffect(effect: () => void, dependencies: readonly unknown[]): void;
  useState<T>(initial: T): [T, (next: T) => void];
  useSyncExternalStore<T>(subscribe: (listener: () => void) => () => void, current: () => T): T;
}

interface SwaggerRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** whether it fetches the OpenAPI document */
  readonly loadSpec?: boolean;
}

interface SwaggerSystem {
  readonly React: SwaggerReact;
  readonly fn: { buildRequest(request: object): { url: string; method: string; headers: Record<string, string> } };
  readonly authActions: { authorize(credentials: object): void; logout(names: readonly string[]): void };
  readonly specSelectors: {
    url(): string;
    specJsonWithResolvedSubtrees(): SwaggerMap;
    parameterValues(operation: readonly string[]): SwaggerMap;
  };
  readonly oas3Selectors: {
    selectedServer(): string | undefined;
    requestBodyValue(path: string, method: string): string | undefined;
  };
}

declare const SwaggerUIBundle: {
  (options: object): SwaggerSystem;
  readonly presets: { readonly apis: unknown };
};
