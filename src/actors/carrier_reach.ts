/**
 * Whether a carrier that is asked about many rows answers at all. Each question is asked with patience,
 * so a carrier that is away would be waited for again with every row.
 *
 * @module
 */
import { WaybillError } from "../errors.ts";

/** So many rows one after the other without an answer, and nobody is there. */
const giveUpAfter = 8;

/** Watches whether a carrier answers. */
export class CarrierReach {
  #hasAnswered = false;
  #away = 0;

  /**
   * Takes in what came of a row's question.
   *
   * @param away Why the carrier did not answer, after all patience; `undefined` if it did.
   * @throws {WaybillError} `E-3001` or `E-3002` if it has answered nobody yet, or nobody for a while.
   *
   * @internal
   */
  heed(away: WaybillError | undefined): void {
    this.#away = away ? this.#away + 1 : 0;
    if (!away) this.#hasAnswered = true;
    else if (!this.#hasAnswered || this.#away >= giveUpAfter) {
      throw new WaybillError(away.code, `The carrier gives no rates now. ${away.message}`, {
        cause: away,
        remedy: "Nothing was bought. When the carrier can be reached again, say the same once more",
      });
    }
  }
}
