import { isIPv4 } from 'node:net';
import { binaryImage, type ImageWriter, misfit } from './image-writer.ts';

const writePacked = binaryImage(1);

function inet6Bytes(text: string): Buffer {
  const tail = /(?:^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  const dotted = tail === undefined ? null : Buffer.from(tail.split('.').map(Number));
  const groupsText =
    dotted === null || tail === undefined
      ? text
      : `${text.slice(0, -tail.length)}${dotted.readUInt16BE(0).toString(16)}:${dotted.readUInt16BE(2).toString(16)}`;
  const [before = '', after] = groupsText.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const first = groups(before);
  const last = after === undefined ? [] : groups(after);
  const zeros = new Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0);
  const all = [...first, ...zeros, ...last];
  if (all.length !== 8 || all.some((group) => !(group >= 0 && group <= 0xffff))) throw misfit();
  const bytes = Buffer.alloc(16);
  all.forEach((group, index) => bytes.writeUInt16BE(group, index * 2));
  return bytes;
}

function uuidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  if (bytes.length !== 16) throw misfit();
  return bytes;
}

function inet4Bytes(text: string): Buffer {
  if (!isIPv4(text)) throw misfit();
  return Buffer.from(text.split('.').map(Number));
}

/** MariaDB's uuid, inet6 and inet4: bytes as BINARY(n) has them, without trailing zeros. */
export function addressImage(dataType: string): ImageWriter {
  const parse = dataType === 'uuid' ? uuidBytes : dataType === 'inet4' ? inet4Bytes : inet6Bytes;
  return (text, out) => writePacked(parse(text.toString('latin1')), out);
}
