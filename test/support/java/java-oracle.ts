import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('Oracle.java', import.meta.url));

/** Java's answer to each question, in order; see Oracle.java. Rejects where Java fails. */
export async function askJava(questions: readonly string[]): Promise<string[]> {
  // A .java file is compiled as it is started, by the compiler inside of Java's own modules.
  const child = spawn('java', ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', source]);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const errors = text(child.stderr);
  child.stdin.on('error', () => undefined); // the exit code tells
  child.stdin.end(questions.map((question) => `${question}\n`).join(''));
  const answers = (await text(child.stdout)).split('\n').slice(0, -1);
  const code = await ended;
  if (code !== 0 || answers.length !== questions.length)
    throw new Error(`Java ended with ${code} after ${answers.length} answers\n${await errors}`);
  return answers;
}
