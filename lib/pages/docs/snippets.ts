/** A request, as a snippet shows it. */
export interface SnippetRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly needsToken: boolean;
  /** JSON */
  readonly body: string | undefined;
}

/** Writes the request in each language with what the language itself has. The token comes from `APPKEYS_TOKEN`. */
export const languages: Readonly<Record<string, (request: SnippetRequest) => string>> = {
  curl,
  JavaScript: javaScript,
  Python: python,
  Java: java,
  Go: go,
};

function curl({ method, url, headers, needsToken, body }: SnippetRequest): string {
  return [
    `curl${method === 'GET' ? '' : ` -X ${method}`} ${shell(url)}`,
    ...(needsToken ? ['-H "Authorization: Bearer $APPKEYS_TOKEN"'] : []),
    ...Object.entries(headers).map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d ${shell(body)}`]),
  ].join(' \\\n  ');
}

function javaScript({ method, url, headers, needsToken, body }: SnippetRequest): string {
  const lines = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the snippet's own
    ...(needsToken ? ['Authorization: `Bearer ${process.env.APPKEYS_TOKEN}`,'] : []),
    ...Object.entries(headers).map(([name, value]) => `${quoted(name)}: ${quoted(value)},`),
  ];
  return `const response = await fetch(${quoted(url)}, {
  method: ${quoted(method)},
${lines.length > 0 ? `  headers: {\n${indented(lines, 4)}\n  },\n` : ''}${body === undefined ? '' : `  body: JSON.stringify(${body}),\n`}});
console.log(response.status, await response.text());`;
}

function python({ method, url, headers, needsToken, body }: SnippetRequest): string {
  const lines = [
    ...(needsToken ? ['"Authorization": f"Bearer {os.environ[\'APPKEYS_TOKEN\']}",'] : []),
    ...Object.entries(headers).map(([name, value]) => `${quoted(name)}: ${quoted(value)},`),
  ];
  return `${needsToken ? 'import os\n' : ''}from urllib.request import Request, urlopen

request = Request(
    ${quoted(url)},
    method=${quoted(method)},
${lines.length > 0 ? `    headers={\n${indented(lines, 8)}\n    },\n` : ''}${body === undefined ? '' : `    data=${pythonText(body)}.encode(),\n`})
with urlopen(request) as response:
    print(response.status, response.read().decode())`;
}

function java({ method, url, headers, needsToken, body }: SnippetRequest): string {
  const lines = [
    ...(needsToken ? ['.header("Authorization", "Bearer " + System.getenv("APPKEYS_TOKEN"))'] : []),
    ...Object.entries(headers).map(([name, value]) => `.header(${quoted(name)}, ${quoted(value)})`),
  ];
  const publisher = body === undefined ? 'noBody()' : `ofString(${quoted(body)})`;
  return `import java.net.URI;
import java.net.http.*;

class ExampleCall {
  public static void main(String[] args) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(${quoted(url)}))
${lines.map((line) => `        ${line}\n`).join('')}        .method(${quoted(method)}, HttpRequest.BodyPublishers.${publisher})
        .build();
    var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    System.out.println(response.statusCode() + " " + response.body());
  }
}`;
}

function go({ method, url, headers, needsToken, body }: SnippetRequest): string {
  const imports = ['fmt', 'io', 'net/http', ...(needsToken ? ['os'] : []), ...(body === undefined ? [] : ['strings'])];
  const lines = [
    ...(needsToken ? ['request.Header.Set("Authorization", "Bearer "+os.Getenv("APPKEYS_TOKEN"))'] : []),
    ...Object.entries(headers).map(([name, value]) => `request.Header.Set(${quoted(name)}, ${quoted(value)})`),
  ];
  const reader = body === undefined ? 'nil' : `strings.NewReader(${goText(body)})`;
  return `package main

import (
${imports.map((name) => `\t"${name}"\n`).join('')})

func main() {
\trequest, err := http.NewRequest(${quoted(method)}, ${quoted(url)}, ${reader})
\tif err != nil {
\t\tpanic(err)
\t}
${lines.map((line) => `\t${line}\n`).join('')}\tresponse, err := http.DefaultClient.Do(request)
\tif err != nil {
\t\tpanic(err)
\t}
\tdefer response.Body.Close()
\ttext, _ := io.ReadAll(response.Body)
\tfmt.Println(response.StatusCode, string(text))
}`;
}

function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A JSON string means the same in JavaScript, Python, Java and Go. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function pythonText(text: string): string {
  return text.includes("'''") || text.endsWith("'") ? quoted(text) : `r'''${text}'''`;
}

function goText(text: string): string {
  return text.includes('`') ? quoted(text) : `\`${text}\``;
}

function indented(lines: readonly string[], width: number): string {
  return lines.map((line) => ' '.repeat(width) + line).join('\n');
}
