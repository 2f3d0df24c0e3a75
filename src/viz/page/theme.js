// @ts-check
/// <reference lib="dom" />
/**
 * Light, dark, or as the system has it; remembered by the browser, where it remembers anything.
 */

const themes = ["system", "light", "dark"];

/**
 * Has a button change it.
 *
 * @param {HTMLElement} button
 */
export function makeTheme(button) {
  const { documentElement: root } = document;
  /** @param {string} theme */
  const set = (theme) => {
    if (theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    button.textContent = `Theme: ${theme}`;
  };
  set(themes.find((theme) => theme === kept()) ?? "system");
  button.addEventListener("click", () => {
    const now = root.dataset["theme"] ?? "system";
    const next = themes[(themes.indexOf(now) + 1) % themes.length] ?? "system";
    set(next);
    try {
      localStorage.setItem("theme", next);
    } catch {
      // A browser may keep nothing.
    }
  });
}

function kept() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}
