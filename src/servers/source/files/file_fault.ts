/**
 * What the system says of a file, in words that a person can do something with.
 *
 * @module
 */
import { ensureError } from "../../../errors.ts";

const words: Readonly<Record<string, string>> = {
  EACCES: "this user may not do that",
  EPERM: "the system does not allow it (the file or its folder is locked, or another user's)",
  EROFS: "its disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "there is no room left for this user on the disk",
  ENAMETOOLONG: "the file's name is too long",
  EBUSY: "another program is using it",
  ETXTBSY: "another program is using it",
};

/**
 * Why something could not be done with a file.
 *
 * @param error What was thrown.
 * @returns Half a sentence, without the system's number and the name of its call.
 */
export function fileFault(error: unknown): string {
  return words[codeOf(error)] ?? ensureError(error).message.replace(/ \(os error \d+\).*$/s, "");
}

/**
 * Whether a name was longer than the file system takes.
 *
 * @param error What was thrown.
 * @returns Whether that was it.
 */
export function isNameTooLong(error: unknown): boolean {
  return codeOf(error) === "ENAMETOOLONG";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
