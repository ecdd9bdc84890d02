const a = 1, b = require('.');
let c = 2;
c++;
suite(() => {
	f(function () { return this.x; });
	g({get(k) { return arguments[0] + '\u001B'; }});
});
