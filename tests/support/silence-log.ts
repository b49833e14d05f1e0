/** Keeps the service's own log off the screen. @returns what writes to the screen none the less */
export function silenceLog(): (line: string) => void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;
  return (line) => {
    write(`${line}\n`);
  };
}
