var a = 1, b = require('./');
var c = 2;
c++;
suite(function () {
	f(function () { return this.x; });
	g({get: function (k) { return arguments[0] + '\u001b'; }});
});
