interface ResponsesProps {
  readonly responses: { map(change: (response: SwaggerMap, status: string) => SwaggerMap): unknown };
}

interface DeepLinkProps {
  readonly text: string;
}

/** A plugin of Swagger UI: the examples of errors are folded, and what is not operable by keyboard or voice is mended. */
export function calmPlugin({ React }: SwaggerSystem): object {
  const { createElement: h, useState } = React;

  const FoldedErrors = ({ Original, ...props }: ResponsesProps & { Original: SwaggerComponent<object> }) => {
    const [isOpen, setOpen] = useState(false);
    const responses = props.responses.map((response, status) =>
      isOpen || Number(status) < 400 ? response : response.delete('content'),
    );
    return h(
      'div',
      null,
      h(Original, { ...props, responses }),
      h(
        'button',
        { type: 'button', className: 'fold', 'aria-expanded': isOpen, onClick: () => setOpen(!isOpen) },
        isOpen ? 'Hide the examples of errors' : 'Show the examples of errors',
      ),
    );
  };

  return {
    wrapComponents: {
      responses: (Original: SwaggerComponent<object>) => (props: ResponsesProps) =>
        h(FoldedErrors, { ...props, Original }),
      InfoContainer: (Original: SwaggerComponent<object>) => (props: object) =>
        h('section', { 'aria-label': 'Introduction' }, h(Original, props)),
      // It is a link inside the button that opens the call.
      DeepLink: () => (props: DeepLinkProps) => h('span', null, props.text),
      TextArea: (Original: SwaggerComponent<object>) => (props: object) =>
        h(Original, { ...props, 'aria-label': 'Body of the request' }),
      ExamplesSelect: (Original: SwaggerComponent<object>) => (props: object) =>
        h('label', { className: 'which' }, 'Error', h(Original, props)),
    },
  };
}
