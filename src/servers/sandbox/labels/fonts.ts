/**
 * The letters of labels and forms: DejaVu Sans, narrow. They are imported as bytes, so that no right
 * to read files is needed.
 *
 * @module
 */
import bold from "dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf" with { type: "bytes" };
import regular from "dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf" with { type: "bytes" };

/** The letters, as TrueType files. */
export const fonts: { readonly regular: Uint8Array; readonly bold: Uint8Array } = { regular, bold };

/** The name that drawings know them by. */
export const fontFamily = "DejaVu Sans Condensed";
