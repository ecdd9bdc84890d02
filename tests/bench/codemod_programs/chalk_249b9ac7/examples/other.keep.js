const a = () => 1;
