/**
 * Tells one state of a file from another without reading it.
 *
 * @module
 */

/** One state of a file. */
export interface FileIdentity {
  /** The device that it is on. */
  readonly device: number | null;
  /** The file on that device: another one after a program has saved by replacing it. */
  readonly inode: number | null;
  /** Its length in bytes. */
  readonly size: number;
  /** When it was changed last, in milliseconds since 1970. */
  readonly modifiedAt?: number | undefined;
}

/**
 * The state of a file.
 *
 * @param info What the file system says of it.
 * @returns The state.
 */
export function identityOf(info: Deno.FileInfo): FileIdentity {
  const { dev: device, ino: inode, size, mtime } = info;
  return { device, inode, size, modifiedAt: mtime?.getTime() };
}

/**
 * Whether two states are one.
 *
 * @param left One of them.
 * @param right The other.
 * @returns Whether nothing tells them apart.
 */
export function isSameState(left: FileIdentity, right: FileIdentity): boolean {
  return left.device === right.device && left.inode === right.inode && left.size === right.size &&
    left.modifiedAt === right.modifiedAt;
}
