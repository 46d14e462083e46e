// Sends the form at once. The method comes from the prototype because a field may be named "submit".
HTMLFormElement.prototype.submit.call(document.getElementById("form-post"));
