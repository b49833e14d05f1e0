interface RowProps {
  readonly param: SwaggerMap;
  readonly rawParam: SwaggerMap;
  readonly onChange: (rawParam: SwaggerMap, value: string) => void;
}

const listeners = new Set<() => void>();
let chosen: string | undefined;

/** Fills in an application wherever a call names one. What somebody has typed stays. */
export function fillIn(hrn: string): void {
  chosen = hrn;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A plugin of Swagger UI: the application in a path is one of the user's own. */
export function ownAppPlugin({ React }: SwaggerSystem): object {
  const { createElement: h, useEffect, useSyncExternalStore } = React;
  return {
    wrapComponents: {
      parameterRow: (Original: SwaggerComponent<RowProps>) => (props: RowProps) => {
        const hrn = useSyncExternalStore(subscribe, () => chosen);
        const { param, rawParam, onChange } = props;
        useEffect(() => {
          const value = param.get('value') ?? param.get('example');
          const isApp = param.get('name') === 'app' && param.get('in') === 'path';
          if (hrn !== undefined && isApp && value === param.get('example')) onChange(rawParam, hrn);
        }, [hrn]);
        return h(Original, props);
      },
    },
  };
}
