import { languages, type SnippetRequest } from './snippets.ts';

interface OperationProps extends SwaggerSystem {
  readonly path: string;
  readonly method: string;
}

const [firstLanguage = ''] = Object.keys(languages);
const listeners = new Set<() => void>();
let chosen = firstLanguage;

function choose(language: string): void {
  chosen = language;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A plugin of Swagger UI: shows the request that Try It would send, in several languages, above the answers. */
export function snippetsPlugin(system: SwaggerSystem): object {
  const { createElement: h, useSyncExternalStore } = system.React;

  const Snippets: SwaggerComponent<OperationProps> = (props) => {
    const language = useSyncExternalStore(subscribe, () => chosen);
    const text = languages[language]?.(requestOf(props)) ?? '';
    return h(
      'section',
      { className: 'snippets', 'aria-label': 'Snippets' },
      h('div', { className: 'snippets-bar' }, ...Object.keys(languages).map(tab), copyButton(text)),
      h('pre', { tabIndex: 0 }, h('code', null, text)),
    );
  };
  const tab = (language: string) =>
    h(
      'button',
      { key: language, type: 'button', 'aria-pressed': language === chosen, onClick: () => choose(language) },
      language,
    );
  const copyButton = (text: string) =>
    h('button', { type: 'button', className: 'copy', onClick: () => navigator.clipboard.writeText(text) }, 'Copy');

  const nothing = () => () => null;
  return {
    wrapComponents: {
      responses: (Original: SwaggerComponent<OperationProps>) => (props: OperationProps) =>
        h('div', null, h(Snippets, { ...system, ...props }), h(Original, props)),
      authorizeBtn: nothing,
      authorizeOperationBtn: nothing,
      // It would show the token.
      curl: nothing,
    },
  };
}

/** The request as it would be sent now, but for the token. */
function requestOf({ path, method, fn, specSelectors, oas3Selectors }: OperationProps): SnippetRequest {
  const spec = specSelectors.specJsonWithResolvedSubtrees();
  const place = ['paths', path, method];
  const example = spec.getIn([...place, 'requestBody', 'content', 'application/json', 'example']) as SwaggerMap;
  const { url, headers } = fn.buildRequest({
    spec: spec.toJS(),
    operationId: spec.getIn([...place, 'operationId']),
    parameters: specSelectors.parameterValues([path, method]).toJS(),
    contextUrl: new URL(specSelectors.url(), location.href).href,
    server: oas3Selectors.selectedServer(),
    responseContentType: 'application/json',
  });
  const body = example && (oas3Selectors.requestBodyValue(path, method) ?? JSON.stringify(example.toJS(), null, 2));
  const { accept, ...asked } = headers;
  return {
    method: method.toUpperCase(),
    url,
    headers: { ...asked, ...(body && { 'Content-Type': 'application/json' }) },
    needsToken: (spec.getIn([...place, 'security']) as { size: number }).size > 0,
    body,
  };
}
