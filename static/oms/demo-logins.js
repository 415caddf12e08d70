/* On the login page of a demo: a click on a role fills in its name and password. */
document.getElementById("demo-logins").addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-login]");
  if (!chosen) return;
  const form = document.querySelector("form.oms-form");
  form.elements.login.value = chosen.dataset.login;
  form.elements.password.value = chosen.dataset.password;
  form.querySelector("[type=submit]").focus();
});
