/* The field of a hand scanner has the focus whenever its page is shown: nobody clicks between scans. */
document.querySelector("[data-scan]")?.focus();
