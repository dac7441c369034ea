// The answer to a product that wants it as a form: sent at once where scripts run.
document.getElementById("send").submit();
