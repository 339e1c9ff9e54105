import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const part = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * The status page: one document with its style and its script inside, which reads `status` and `history` of the same
 * replica and nothing else. Nothing that is not in it by its hash may run or be loaded.
 * @param paths the pages that it links to
 */
export function statusDocument(paths: readonly string[]): {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const style = part('page.css');
  const script = `${part('curves.js')}\n${part('page.js')}`;
  const links = paths.map((path) => `<a href="${path}">${path}</a>`).join('\n        ');
  const html = part('page.html')
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script>${script}</script>`)
    .replace('<!-- links -->', () => links);
  const policy = [
    `default-src 'none'`,
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    `connect-src 'self'`,
    `img-src data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ];
  const headers = { 'content-security-policy': policy.join('; '), 'referrer-policy': 'no-referrer' };
  return { html, headers };
}
